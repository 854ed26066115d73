"""The size of images that are segmented by words."""

import pytest

from iclip.datasets.readers.decoding import DecodeError
from iclip.dense.input_size import input_size, short_side


def test_shorter_side_is_twice_the_pre_trainings_or_what_is_asked() -> None:
    assert short_side(224, None) == 448
    assert short_side(224, 320) == 320
    with pytest.raises(ValueError, match="--image-size is 0; it takes"):
        short_side(224, 0)


@pytest.mark.parametrize(
    ("size", "short", "stride", "expected"),
    [
        ((500, 375), 448, 32, (608, 448)),  # 597.3 -> 19 positions
        ((375, 500), 448, 32, (448, 608)),
        ((160, 128), 64, 8, (80, 64)),
        ((10, 10), 3, 32, (32, 32)),  # one position at least
    ],
)
def test_sides_are_whole_positions(
    size: tuple[int, int], short: int, stride: int, expected: tuple[int, int]
) -> None:
    assert input_size(*size, short, stride) == expected


def test_strip_that_fills_the_memory_is_refused() -> None:
    with pytest.raises(DecodeError, match="10 x 1000000 pixels are too narrow"):
        input_size(10, 1_000_000, 448, 32)
