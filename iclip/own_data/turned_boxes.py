"""Turn boxes and points as :mod:`iclip.files.orientation` turns pixels."""

import numpy as np
import numpy.typing as npt

from iclip.files.orientation import lies_on_its_side

Floats = npt.NDArray[np.float64]


def turned_points(points: Floats, width: int, height: int, orientation: int) -> Floats:
    """Turn points of an image as it is stored to where they are in the upright one.

    Args:
        points: (N, 2), x and y in pixels.
        width: Width of the upright image.
        height: Height of the upright image.
        orientation: From 1 to 8.

    Returns:
        (N, 2).
    """
    if lies_on_its_side(orientation):
        points = points[:, ::-1]
    x, y = points[:, 0], points[:, 1]
    if orientation in (3, 4, 7, 8):
        y = height - y
    if orientation in (2, 3, 6, 7):
        x = width - x
    return np.stack((x, y), axis=1)


def turned_boxes(boxes: Floats, width: int, height: int, orientation: int) -> Floats:
    """Turn boxes, (N, 4) of left, top, width, height; see `turned_points`."""
    corners = (boxes[:, :2], boxes[:, :2] + boxes[:, 2:])
    first, second = (turned_points(corner, width, height, orientation) for corner in corners)
    start = np.minimum(first, second)
    return np.concatenate((start, np.maximum(first, second) - start), axis=1)
