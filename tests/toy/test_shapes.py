from itertools import combinations

import numpy as np
import pytest

from iclip.toy.backgrounds import KINDS
from iclip.toy.shapes import EXTENT, OUTLINES, PEBBLE, coverage
from iclip.toy.textures import PATTERNS, VARIANTS, pattern
from iclip.toy.vocabulary import GROUNDS, SHAPES, TEXTURES


def test_every_word_has_something_to_draw() -> None:
    assert set(OUTLINES) == {*SHAPES, PEBBLE}
    assert set(PATTERNS) == set(TEXTURES)
    assert set(GROUNDS) == set(KINDS)


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


@pytest.mark.parametrize(("one", "other"), list(combinations(list(TEXTURES)[1:], 2)))
def test_no_variant_of_a_texture_resembles_another_texture(one: str, other: str) -> None:
    a = np.stack([pattern(one, v, 20) for v in range(VARIANTS)]).reshape(VARIANTS, -1)
    b = np.stack([pattern(other, v, 20) for v in range(VARIANTS)]).reshape(VARIANTS, -1)
    assert np.abs(np.corrcoef(a, b)[:VARIANTS, VARIANTS:]).max() < 0.75


def test_horizontal_stripes_run_along_rows_and_vertical_ones_along_columns() -> None:
    assert np.ptp(pattern("horizontal_stripes", 0, 64), axis=1).max() == 0
    assert np.ptp(pattern("vertical_stripes", 0, 64), axis=0).max() == 0
