import pytest

from iclip.models.swin.arch import SwinArch
from tests.models.swin.small_swin import SMALL, small_swin


@pytest.mark.parametrize(
    ("arch", "message"),
    [
        ("huge", r"arch='huge' is unknown; take one of 'tiny', 'small', 'base'"),
        (dict(embed_dims=8), r"arch has the keys 'embed_dims'; it takes"),
        (
            SMALL | dict(depths=(2, 2)),
            r"depths=\(2, 2\) and num_heads=\(1, 2, 4\); give one number per stage",
        ),
        (
            SMALL | dict(num_heads=(1, 3, 4)),
            r"the 16 channels of stage 1 do not divide into 3 heads",
        ),
    ],
)
def test_sizes_that_do_not_fit_together_are_named(arch, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SwinArch.parse(arch)


@pytest.mark.parametrize("window", [4, 7])
def test_sizes_are_read_from_the_weights(window: int) -> None:
    weights = small_swin(window_size=window).state_dict()
    assert SwinArch.from_weights(weights) == (SwinArch.parse(SMALL), window)
