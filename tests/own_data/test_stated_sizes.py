import pytest

from iclip.own_data.image_sizes import SizedImage
from iclip.own_data.remarks import Remarks
from iclip.own_data.stated_sizes import fitting_images

UPRIGHT, ON_ITS_SIDE = SizedImage("a.jpg", 64, 48), SizedImage("b.jpg", 48, 64, 6)


@pytest.mark.parametrize(
    ("image", "stated", "turn"),
    [
        (UPRIGHT, (64, 48), 1),
        (UPRIGHT, None, 1),
        (ON_ITS_SIDE, (48, 64), 1),
        (ON_ITS_SIDE, None, 1),
        # The size of the stored pixels: whoever drew the boxes saw these.
        (ON_ITS_SIDE, (64, 48), 6),
    ],
)
def test_stated_size_tells_which_pixels_were_annotated(
    image: SizedImage, stated: tuple[int, int] | None, turn: int
) -> None:
    remarks = Remarks("DIR")
    assert fitting_images([None, image], [None, stated], remarks) == {1: turn}
    assert bool(remarks.notes) == (turn != 1)


@pytest.mark.parametrize("stated", [(48, 64), (32, 24), (640, 480)])
def test_image_of_another_size_is_left_out(stated: tuple[int, int]) -> None:
    remarks = Remarks("DIR")
    fitting = fitting_images([UPRIGHT] * 20, [(64, 48)] * 19 + [stated], remarks)
    assert set(fitting) == set(range(19))
    (omission,) = remarks.omissions()
    assert omission.example == f"a.jpg is 64 x 48, its annotation says {stated[0]} x {stated[1]}"


def test_many_of_another_size_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"3 images of another size .*what was drawn does not fit"):
        fitting_images([UPRIGHT] * 20, [(64, 48)] * 17 + [(32, 24)] * 3, Remarks("DIR"))
