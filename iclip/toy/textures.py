"""Surface patterns of the toy world."""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from iclip.toy.shapes import EXTENT

VARIANTS = 8
"""Number of variants per texture: fixed periods and phases."""

# In the units of outlines, in which an object is 2 wide: three to four periods fit on it, and a
# stripe, half a period, has nearly 3 pixels on an object of 20.
_MEAN_PERIOD = 0.56


# Each pattern takes coordinates (H, W) in the units of outlines, u to the right and v down, and
# tells where the surface has the object's own color, as bool or 1.


def _plain(u: np.ndarray, v: np.ndarray, period: float, phase: float) -> np.ndarray:
    return np.ones_like(u)


def _horizontal_stripes(u: np.ndarray, v: np.ndarray, period: float, phase: float) -> np.ndarray:
    return (v / period + phase) % 1 < 0.5


def _vertical_stripes(u: np.ndarray, v: np.ndarray, period: float, phase: float) -> np.ndarray:
    return (u / period + phase) % 1 < 0.5


def _dots(u: np.ndarray, v: np.ndarray, period: float, phase: float) -> np.ndarray:
    # Every second row is moved by half a period.
    row = np.floor(v / period + phase)
    across = (u / period + phase + 0.5 * (row % 2)) % 1 - 0.5
    down = (v / period + phase) % 1 - 0.5
    return across**2 + down**2 > 0.3**2


def _checks(u: np.ndarray, v: np.ndarray, period: float, phase: float) -> np.ndarray:
    return ((u / period + phase) % 1 < 0.5) ^ ((v / period + phase) % 1 < 0.5)


def _rings(u: np.ndarray, v: np.ndarray, period: float, phase: float) -> np.ndarray:
    return (np.hypot(u, v) / period + phase) % 1 < 0.5


# Dots and checks need larger cells than stripes to be visible at 32 pixels.
PATTERNS: dict[str, tuple[Callable[..., np.ndarray], float]] = {
    "plain": (_plain, 1.0),
    "horizontal_stripes": (_horizontal_stripes, 1.0),
    "vertical_stripes": (_vertical_stripes, 1.0),
    "dots": (_dots, 1.05),
    "checks": (_checks, 1.4),
    "rings": (_rings, 0.95),
}
"""Per texture, its pattern and the factor on the mean period."""


@cache
def pattern(texture: str, variant: int, size: int) -> np.ndarray:
    """Rasterize one variant of a texture over the square that shapes are drawn in.

    Args:
        texture: Key of `PATTERNS`.
        variant: 0 to `VARIANTS` - 1.
        size: Side of the result in pixels; it shows [-EXTENT, EXTENT].

    Returns:
        (size, size) float32 in [0, 1]: the share of the object's own color.
    """
    fine = 4 * size  # as for outlines: four times as large, then averaged
    axis = ((np.arange(fine) + 0.5) / fine * 2 - 1) * EXTENT
    u, v = np.meshgrid(axis, axis)
    function, factor = PATTERNS[texture]
    # Of four variants, one is finer and one coarser.
    period = factor * _MEAN_PERIOD * (0.88, 1.0, 1.0, 1.14)[variant % 4]
    shares = function(u, v, period, phase=variant / VARIANTS).astype(np.float32)
    return cv2.resize(shares, (size, size), interpolation=cv2.INTER_AREA)
