from itertools import combinations

import numpy as np
import pytest

from iclip.toy.shapes import EXTENT, OUTLINES, coverage
from iclip.toy.vocabulary import SHAPES


@pytest.mark.parametrize("shape", SHAPES)
def test_area_agrees_with_the_shoelace_formula(shape: str) -> None:
    x, y = OUTLINES[shape]().T
    area = abs(sum(x[i - 1] * y[i] - x[i] * y[i - 1] for i in range(len(x)))) / 2
    assert coverage(shape, 128).sum() * (2 * EXTENT / 128) ** 2 == pytest.approx(area, rel=0.03)


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_fills_its_box_and_stays_inside(shape: str) -> None:
    points = OUTLINES[shape]()
    assert np.abs(points).max() < EXTENT
    assert (points.max(axis=0) - points.min(axis=0) > 1.3).all()


@pytest.mark.parametrize(("one", "other"), list(combinations(SHAPES, 2)))
def test_silhouettes_differ_at_20_pixels(one: str, other: str) -> None:
    a, b = coverage(one, 20), coverage(other, 20)
    assert np.minimum(a, b).sum() / np.maximum(a, b).sum() < 0.87
