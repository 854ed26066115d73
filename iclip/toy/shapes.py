"""Outlines of the toy world's shapes."""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

PEBBLE = "pebble"
"""Clutter: a gray lump that the vocabulary has no word for."""


def _regular(points: int, radius: float, start: float = -np.pi / 2) -> np.ndarray:
    """Return the corners (points, 2) of a regular polygon, the first one at the top."""
    angles = start + 2 * np.pi * np.arange(points) / points
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _polar(radius: Callable[[np.ndarray], np.ndarray], points: int = 180) -> np.ndarray:
    """Return (points, 2) around the center; the distance depends on the angle from the top."""
    angles = 2 * np.pi * np.arange(points) / points
    return radius(angles)[:, None] * np.stack([np.sin(angles), -np.cos(angles)], axis=1)


def _star() -> np.ndarray:
    outer, inner = _regular(5, 1.05), _regular(5, 0.5, start=-np.pi / 2 + np.pi / 5)
    # Outer and inner corners in turn; lowered, since a star reaches farther up than down.
    return np.stack([outer, inner], axis=1).reshape(-1, 2) + np.array([0, 0.08])


def _heart() -> np.ndarray:
    # The well-known parametric curve of a heart, about 32 wide and 29 high, scaled to the square.
    t = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([x / 16.5, (y - 2.5) / 15], axis=1)


def _crescent() -> np.ndarray:
    # Two arcs between the same tips: the outer one of the unit circle, the inner one of a circle
    # that passes through them.
    outer = np.deg2rad(np.linspace(42, 318, 80))
    inner = np.deg2rad(np.linspace(282, 78, 60))
    outside = np.stack([np.cos(outer), np.sin(outer)], axis=1)
    radius = outside[0, 1] / np.sin(inner[-1])
    center_x = outside[0, 0] - radius * np.cos(inner[-1])
    inside = np.stack([center_x + radius * np.cos(inner), radius * np.sin(inner)], axis=1)
    return np.concatenate([outside, inside]) + np.array([0.12, 0])


def _cross(half: float = 0.37) -> np.ndarray:
    corner = [(-half, -1), (half, -1), (half, -half)]
    # Three corners of one arm, turned by 0, 90, 180 and 270 degrees.
    turns = [np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), k) for k in range(4)]
    return np.concatenate([np.array(corner) @ turn.T for turn in turns])


def _fish() -> np.ndarray:
    t = np.deg2rad(np.linspace(25, 335, 60))
    body = np.stack([-0.24 + 0.74 * np.cos(t), 0.64 * np.sin(t)], axis=1)
    tail = np.array([[0.98, -0.74], [0.78, 0.0], [0.98, 0.74]])
    return np.concatenate([body, tail])


def _pebble() -> np.ndarray:
    return _polar(lambda t: 0.8 + 0.1 * np.sin(2 * t + 1) + 0.07 * np.sin(3 * t)) * [1, 0.8]


OUTLINES: dict[str, Callable[[], np.ndarray]] = {
    "disc": lambda: _regular(72, 0.93),
    "square": lambda: np.array([[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]]),
    "triangle": lambda: np.array([[0, -0.95], [1, 0.82], [-1, 0.82]]),
    "star": _star,
    "heart": _heart,
    "crescent": _crescent,
    "cross": _cross,
    "arrow": lambda: np.array(
        [[0, -1], [0.95, 0.05], [0.4, 0.05], [0.4, 1], [-0.4, 1], [-0.4, 0.05], [-0.95, 0.05]]
    ),
    "flower": lambda: _polar(lambda t: 0.6 + 0.42 * np.abs(np.cos(2.5 * t)) ** 0.6),
    "fish": _fish,
    "hourglass": lambda: np.array(
        [[-0.8, -1], [0.8, -1], [0.2, 0], [0.8, 1], [-0.8, 1], [-0.2, 0]]
    ),
    "crown": lambda: np.array(
        [
            [-0.95, -0.75],
            [-0.5, 0.0],
            [0, -0.95],
            [0.5, 0.0],
            [0.95, -0.75],
            [0.85, 0.8],
            [-0.85, 0.8],
        ]
    ),
    PEBBLE: _pebble,
}
"""Per shape, a function that returns its polygon (points, 2) in [-1.1, 1.1], y downwards."""

EXTENT = 1.15
"""Half the side of the square that holds every outline and its rim."""


@cache
def coverage(shape: str, size: int, grow: float = 0.0) -> np.ndarray:
    """Rasterize an outline.

    Args:
        shape: Key of `OUTLINES`.
        size: Side of the result in pixels; it shows [-EXTENT, EXTENT].
        grow: Width by which the outline is dilated (eroded where negative), in outline units.

    Returns:
        (size, size) float32 in [0, 1], anti-aliased.
    """
    fine = 4 * size  # drawn four times as large and averaged, which smooths the edge
    points = (OUTLINES[shape]() / EXTENT + 1) * fine / 2 - 0.5
    mask: np.ndarray = np.zeros((fine, fine), np.uint8)
    # fillPoly takes fixed-point numbers, here with 4 binary places: sixteenths of a pixel.
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_8, shift=4)
    radius = round(abs(grow) / EXTENT * fine / 2)
    if radius:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        mask = cv2.dilate(mask, disc) if grow > 0 else cv2.erode(mask, disc)
    return cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
