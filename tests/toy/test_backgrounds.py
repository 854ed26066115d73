"""Backgrounds repeat without a seam, fit eight bits, and change where their maps do."""

import numpy as np
import pytest

from iclip.toy.backgrounds import KINDS, Background, draw_background, grain, ground_map

PLAIN = [Background(kind, None, 0.5, (0, 0), 1.0) for kind in KINDS]


@pytest.mark.parametrize("kind", KINDS)
def test_background_is_one_color_and_an_endless_grain(kind: str):
    """The offset names the first pixel of the grain, which begins again after 512."""
    drawn = draw_background(Background(kind, None, 0.5, (500, 470), 1.0), 48, 64)
    rows, columns = (500 + np.arange(48)) % 512, (470 + np.arange(64)) % 512
    color = drawn - grain(kind)[rows][:, columns]
    np.testing.assert_allclose(color, color[:, :1, :1].repeat(48, 1).repeat(64, 2), atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_tile_has_no_seam(kind: str):
    """The step from the last row or column to the first is like the steps within."""
    tile = grain(kind).astype(float)
    for axis in (0, 1):
        steps = np.abs(np.roll(tile, -1, axis) - tile).mean(axis=1 - axis)
        assert steps[-1] <= steps[:-1].max()


@pytest.mark.parametrize("background", PLAIN, ids=KINDS)
def test_gray_levels_fit_eight_bits_without_a_gain(background: Background):
    levels = draw_background(background, 512, 512)
    assert levels.min() >= 0
    assert levels.max() <= 255


def test_gain_scales_the_brightness():
    bright, plain = (
        draw_background(Background("sand", None, 0.5, (3, 4), gain), 20, 30) for gain in (1.1, 1.0)
    )
    np.testing.assert_allclose(bright, 1.1 * plain, rtol=1e-5)


@pytest.mark.parametrize(("horizon", "rows"), [(0.0, 0), (0.25, 10), (1.0, 40)])
def test_horizon_parts_the_image_and_its_map(horizon: float, rows: int):
    both = Background("grass", "sky", horizon, (7, 9), 1.0)
    sky, grass = (
        draw_background(Background(kind, None, 0.0, (7, 9), 1.0), 40, 60)
        for kind in ("sky", "grass")
    )
    drawn, kinds = draw_background(both, 40, 60), ground_map(both, 40, 60)
    assert np.array_equal(drawn[:, :rows], sky[:, :rows])
    assert np.array_equal(drawn[:, rows:], grass[:, rows:])
    assert (kinds[:rows] == KINDS.index("sky")).all()
    assert (kinds[rows:] == KINDS.index("grass")).all()


def test_map_without_a_horizon_is_of_one_kind():
    assert (ground_map(PLAIN[2], 5, 6) == 2).all()
