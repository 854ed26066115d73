"""Sizes of pictures."""

import numpy as np
import pytest

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.predict.pictures import LARGEST_SIDE, resize_for_viewing


@pytest.mark.parametrize(
    ("height", "width"),
    [(3000, 2), (2, 3000), (1, 1), (96, 116), (640, 700), (5000, 3), (9000, 90)],
)
def test_sides_stay_within_the_limits_for_viewing(height: int, width: int):
    factor, picture = resize_for_viewing(np.zeros((height, width, 3), dtype=np.uint8))
    assert max(picture.shape) <= LARGEST_SIDE
    assert min(picture.shape[:2]) >= 1
    assert picture.shape[0] == pytest.approx(factor * height, abs=1)
    assert factor <= 1 or factor == int(factor)
