"""Weighted sums of feature maps' values at points between the pixels.

The value at a point is a weighted sum of four pixels, so a sum of points is a weighted sum of all
their pixels. PyTorch's ``embedding_bag`` computes it from the pixels' indices and weights without a
copy of the pixels, is differentiable in pixels and weights, and reads no tensor's value on the
host, which would have to wait for a GPU.
"""

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag


def four_pixels(
    y: Tensor, x: Tensor, height: Tensor | int, width: Tensor | int
) -> tuple[Tensor, Tensor]:
    """Find the four pixels around points of a map, and their shares.

    Args:
        y: Rows (...); 0 is the center of the first pixel.
        x: Columns (...); 0 is the center of the first pixel.
        height: Height of the map, broadcast with ``y``.
        width: Width of the map, broadcast with ``x``.

    Returns:
        The pixels' indices in the map, row by row, and their shares: (..., 4) each. A pixel outside
        the map has index 0 and share 0.
    """
    top, left = y.floor().detach(), x.floor().detach()
    down, right = y - top, x - left  # distances from the upper left pixel, 0 to 1
    indices, shares = [], []
    for below, share_y in ((0, 1 - down), (1, down)):
        for beside, share_x in ((0, 1 - right), (1, right)):
            row, column = top.long() + below, left.long() + beside
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            indices.append(torch.where(inside, row * width + column, 0))
            shares.append(torch.where(inside, share_y * share_x, 0.0))
    return torch.stack(indices, dim=-1), torch.stack(shares, dim=-1)


def sum_of_pixels(pixels: Tensor, indices: Tensor, weights: Tensor) -> Tensor:
    """Sum pixels with weights.

    Args:
        pixels: (P, C)
        indices: (N, K), int64, K at least 1.
        weights: (N, K)

    Returns:
        (N, C)
    """
    return embedding_bag(indices, pixels, per_sample_weights=weights, mode="sum")
