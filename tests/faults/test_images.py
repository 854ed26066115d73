"""Each odd image in each reader: read rightly, or named, counted and passed over."""

import tracemalloc
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from PIL import Image

from iclip.datasets.readers.decoding import DecodeError, open_image
from iclip.datasets.transforms import RandomResizedCropFlip
from tests.faults.images import FAULTY, SOUND, encoded
from tests.faults.readers import CROP, READERS, Seen, name_of

NAMES = [*SOUND, *FAULTY]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Seen]:
    """Return what a reader sees of an image; each reader reads all of them once, as one set."""
    contents = [content for content, _ in [*SOUND.values(), *FAULTY.values()]]

    @cache
    def read(reader: str) -> dict[str, Seen]:
        found = READERS[reader](contents, tmp_path_factory.mktemp("images"))
        return dict(zip(NAMES, found, strict=True))

    return lambda reader, image: read(reader)[image]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("image", SOUND)
def test_odd_image_is_read_rightly(
    image: str, reader: str, seen: Callable[[str, str], Seen]
) -> None:
    content, expected = SOUND[image]
    found = seen(reader, image)
    assert found.told == "" and found.pixels is not None
    np.testing.assert_array_equal(found.pixels, expected(content))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("image", FAULTY)
def test_faulty_image_is_named_counted_and_passed_over(
    image: str, reader: str, seen: Callable[[str, str], Seen]
) -> None:
    found = seen(reader, image)
    assert found.pixels is None
    # Who predicts on a file has named it; the command adds it to what is said.
    assert name_of(NAMES.index(image)) in found.told or reader == "prediction"
    assert "\n" not in found.told and found.kind in (FAULTY[image][1], None)
    # In training, another image of the source takes its place.
    if found.instead is not None:
        sound = (expected(content) for content, expected in SOUND.values())
        assert any(np.array_equal(found.instead, pixels) for pixels in sound)


def test_bomb_is_refused_before_its_pixels_take_memory() -> None:
    """20,000 x 20,000 pixels would take 1.2 GB as RGB; tracemalloc counts what numpy takes."""
    content = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    tracemalloc.start()
    with pytest.raises(DecodeError) as error:
        open_image(content).pixels()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert error.value.kind == "too large" and peak < 10e6


def test_narrow_image_is_cropped_in_training_and_refused_in_evaluation() -> None:
    content = encoded(Image.new("1", (1_000_000, 1)), "PNG")
    assert RandomResizedCropFlip(24)(content, 1).shape == (3, 24, 24)
    with pytest.raises(DecodeError, match="1000000 x 1 pixels are too narrow") as error:
        CROP(content)
    assert error.value.kind == "too large"
