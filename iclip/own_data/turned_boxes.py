"""Turn boxes and points as :mod:`iclip.files.orientation` turns pixels."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from iclip.files.orientation import UPRIGHT, lies_on_its_side
from iclip.own_data.image_sizes import SizedImage

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


def turn_boxes_of(
    boxes: Floats, rows: npt.NDArray[np.int64], images: Sequence[SizedImage], turns: Sequence[int]
) -> None:
    """Turn, in place, the boxes of images whose annotations were drawn on pixels as stored.

    Args:
        boxes: (N, 4) of left, top, width, height.
        rows: (N,), the position of each box's image.
        images: The images.
        turns: The orientation by which each image's annotations are turned.
    """
    for at in (at for at, turn in enumerate(turns) if turn != UPRIGHT):
        of_image, image = rows == at, images[at]
        boxes[of_image] = turned_boxes(boxes[of_image], image.width, image.height, turns[at])
