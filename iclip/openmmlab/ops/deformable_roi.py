"""RoI pooling with an offset per bin (arXiv:1703.06211, section 2.2)."""

import torch
from torch import Tensor

from iclip.openmmlab.ops.bilinear import four_pixels, sum_of_pixels
from iclip.openmmlab.ops.precision import as_float, recomputed_gradients


def deform_roi_pool_forward(
    input: Tensor,
    rois: Tensor,
    offset: Tensor,
    output: Tensor,
    pooled_height: int,
    pooled_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    gamma: float,
) -> None:
    """Fill ``output`` (K, C, pooled_height, pooled_width) with the averages of the moved bins.

    Args:
        input: (B, C, H, W)
        rois: (K, 5): the image's index, then a box in pixels of the image.
        offset: Offset (x, y) of each bin in units of ``gamma`` times its RoI's size:
            (K, 2, pooled_height, pooled_width), or empty.
        output: Receives the result.
        pooled_height: Rows of bins.
        pooled_width: Columns of bins.
        spatial_scale: Pixels of the map per pixel of the image.
        sampling_ratio: Points per bin in height and width; 0: one per pixel, rounded up.
        gamma: See ``offset``.
    """
    size = (pooled_height, pooled_width)
    tensors = (as_float(input), as_float(offset), as_float(rois))
    output.copy_(_pool(*tensors, size, spatial_scale, sampling_ratio, gamma))


def deform_roi_pool_backward(
    grad_output: Tensor,
    input: Tensor,
    rois: Tensor,
    offset: Tensor,
    grad_input: Tensor,
    grad_offset: Tensor,
    pooled_height: int,
    pooled_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    gamma: float,
) -> None:
    """Fill ``grad_input`` and ``grad_offset``."""
    size = (pooled_height, pooled_width)
    by_input, by_offset = recomputed_gradients(
        lambda maps, moves: _pool(
            maps, moves, as_float(rois), size, spatial_scale, sampling_ratio, gamma
        ),
        (input, offset),
        grad_output,
    )
    grad_input.copy_(by_input)
    grad_offset.copy_(by_offset)


def _pool(
    input: Tensor,
    offset: Tensor,
    rois: Tensor,
    size: tuple[int, int],
    scale: float,
    ratio: int,
    gamma: float,
) -> Tensor:
    """Compute the averages (K, C, ph, pw) of ph x pw bins per RoI in the inputs' own precision."""
    if not offset.numel():
        # The sum of nothing is zero; it makes the empty offset part of the graph, so that autograd
        # has a gradient for it.
        offset = offset.sum() + input.new_zeros(len(rois), 2, *size)
    channels, height, width = input.shape[1:]
    # Pixel centers are at whole numbers here, and at halves in the boxes.
    corners = rois[:, 1:] * scale - 0.5  # (K, 4)
    x, inside_x = _points(corners[:, 0], corners[:, 2], size[1], ratio)  # (K, pw, gx)
    y, inside_y = _points(corners[:, 1], corners[:, 3], size[0], ratio)  # (K, ph, gy)
    extent = gamma * (corners[:, 2:] - corners[:, :2])  # (K, 2)
    moved = offset * extent[:, :, None, None]  # (K, 2, ph, pw)
    # Positions of gy x gx points per bin, from here on (K, ph, pw, gy, gx).
    y = y[:, :, None, :, None] + moved[:, 1, :, :, None, None]
    x = x[:, None, :, None, :] + moved[:, 0, :, :, None, None]
    y, x = torch.broadcast_tensors(y, x)
    taken = inside_y[:, :, None, :, None] & inside_x[:, None, :, None, :]
    count = taken.sum(dim=(-2, -1), keepdim=True).clamp(min=1)
    # As in RoIAlign, a point up to a pixel outside takes the border's value. Points farther outside
    # add zero, and are counted in the average.
    taken = taken & (y >= -1) & (y <= height) & (x >= -1) & (x <= width)
    pixels, shares = four_pixels(y.clamp(0, height - 1), x.clamp(0, width - 1), height, width)
    shares = shares * (taken / count)[..., None]
    # All images' pixels are one table; an image's pixels begin at `first`.
    first = rois[:, 0].long().view(-1, 1, 1, 1, 1, 1) * (height * width)
    # One bag per bin: four pixels for each of its points.
    bags = (len(rois) * size[0] * size[1], y[0, 0, 0].numel() * 4 if len(rois) else 4)
    table = input.permute(0, 2, 3, 1).reshape(-1, channels)  # B, C, H, W -> B * H * W, C
    pooled = sum_of_pixels(table, (first + pixels).reshape(bags), shares.reshape(bags))
    return pooled.view(len(rois), *size, channels).permute(0, 3, 1, 2)  # K, C, ph, pw


def _points(start: Tensor, end: Tensor, bins: int, ratio: int) -> tuple[Tensor, Tensor]:
    """Compute where the bins are sampled along one axis.

    Returns:
        Positions (K, bins, G) and whether a RoI has the point, (K, bins, G). G is the largest
        number of points; smaller RoIs have fewer.
    """
    step = (end - start) / bins  # (K,), pixels per bin
    counts = torch.full_like(step, ratio) if ratio > 0 else step.ceil().clamp(min=0)
    most = max(1, int(counts.max())) if len(counts) else 1
    index = torch.arange(most, device=step.device)
    within = (index + 0.5) * (step / counts.clamp(min=1))[:, None]  # (K, G)
    bin_start = start[:, None] + torch.arange(bins, device=step.device) * step[:, None]  # (K, bins)
    positions = bin_start[:, :, None] + within[:, None]
    return positions, (index < counts[:, None])[:, None].expand_as(positions)
