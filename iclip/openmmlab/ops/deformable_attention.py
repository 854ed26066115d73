"""Deformable attention over several maps (arXiv:2010.04159).

mmcv calls these for CUDA tensors only; on a CPU it computes the attention in Python.
"""

import torch
from torch import Tensor

from iclip.openmmlab.ops.bilinear import four_pixels, sum_of_pixels
from iclip.openmmlab.ops.precision import as_float, recomputed_gradients


def ms_deform_attn_forward(
    value: Tensor,
    value_spatial_shapes: Tensor,
    value_level_start_index: Tensor,
    sampling_locations: Tensor,
    attention_weights: Tensor,
    im2col_step: int,
) -> Tensor:
    """Sum the maps' values at the queries' points with the queries' weights.

    Args:
        value: The maps' pixels, level by level, row by row, (B, P, heads, D).
        value_spatial_shapes: Height and width of each level, (levels, 2).
        value_level_start_index: Index of each level's first pixel, (levels,).
        sampling_locations: Points (x, y), from 0 to 1 over the map, which is zero outside.
            (B, Q, heads, levels, points, 2)
        attention_weights: (B, Q, heads, levels, points)
        im2col_step: Setting of mmcv's kernel; the result does not depend on it.

    Returns:
        (B, Q, heads * D)
    """
    inputs = (as_float(value), as_float(sampling_locations), as_float(attention_weights))
    return _attend(*inputs, value_spatial_shapes, value_level_start_index).to(value.dtype)


def ms_deform_attn_backward(
    value: Tensor,
    value_spatial_shapes: Tensor,
    value_level_start_index: Tensor,
    sampling_locations: Tensor,
    attention_weights: Tensor,
    grad_output: Tensor,
    grad_value: Tensor,
    grad_sampling_loc: Tensor,
    grad_attn_weight: Tensor,
    im2col_step: int,
) -> None:
    """Fill the three gradients from ``grad_output`` (B, Q, heads * D)."""
    gradients = recomputed_gradients(
        lambda maps, points, weights: _attend(
            maps, points, weights, value_spatial_shapes, value_level_start_index
        ),
        (value, sampling_locations, attention_weights),
        grad_output,
    )
    places = (grad_value, grad_sampling_loc, grad_attn_weight)
    for place, gradient in zip(places, gradients, strict=True):
        place.copy_(gradient)


def _attend(
    value: Tensor, locations: Tensor, weights: Tensor, shapes: Tensor, starts: Tensor
) -> Tensor:
    """Compute the attention in the inputs' own precision."""
    batch, length, heads, channels = value.shape
    queries, _, levels, points = locations.shape[1:5]
    height, width = shapes[:, 0, None], shapes[:, 1, None]  # (levels, 1)
    # A location of 0 is the edge of the map, half a pixel before the center of the first pixel.
    y, x = locations[..., 1] * height - 0.5, locations[..., 0] * width - 0.5
    pixels, shares = four_pixels(y, x, height, width)  # (B, Q, heads, levels, points, 4)
    image = torch.arange(batch, device=value.device).view(-1, 1, 1, 1, 1, 1)
    head = torch.arange(heads, device=value.device).view(-1, 1, 1, 1)
    # The values are a table (B * P * heads, D); each query and head sums a bag of its rows.
    rows = (image * length + starts[:, None, None] + pixels) * heads + head
    bags = (batch * queries * heads, levels * points * 4)
    weights = (shares * weights[..., None]).reshape(bags)
    table = value.reshape(-1, channels)
    summed = sum_of_pixels(table, rows.reshape(bags), weights)  # (B * Q * heads, D)
    return summed.view(batch, queries, heads * channels)
