"""A map's value between its pixels, in plain Python: the oracle of what samples maps."""

import math

from torch import Tensor


def zero_padded_value(image: Tensor, y: float, x: float) -> float:
    """Bilinear value of (H, W) at a point; what is outside of the map is 0."""
    top, left = math.floor(y), math.floor(x)
    value = 0.0
    for row, share_y in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, share_x in ((left, 1 - (x - left)), (left + 1, x - left)):
            if 0 <= row < image.shape[0] and 0 <= column < image.shape[1]:
                value += share_y * share_x * float(image[row, column])
    return value


def border_value(image: Tensor, y: float, x: float) -> float:
    """Bilinear value of (H, W) at a point; 0 more than a pixel outside, the border's within."""
    height, width = image.shape
    if y < -1 or x < -1 or y > height or x > width:
        return 0.0
    return zero_padded_value(image, min(max(y, 0), height - 1), min(max(x, 0), width - 1))
