"""Features of regions in a fixed size; RoIs are (K, 5): an image's index and a box in pixels."""

import torch
from torch import Tensor
from torchvision.ops import roi_align

from iclip.openmmlab.ops.not_supplied import not_supplied
from iclip.openmmlab.ops.precision import as_float


def roi_align_forward(
    input: Tensor,
    rois: Tensor,
    output: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Fill ``output`` (K, C, aligned_height, aligned_width) from maps ``input`` (B, C, H, W).

    ``argmax_y`` and ``argmax_x`` are for the maximum and not used.

    Raises:
        NotImplementedError: ``pool_mode`` is 0, the maximum.
    """
    _check_average(pool_mode)
    size = (aligned_height, aligned_width)
    pooled = roi_align(
        as_float(input), as_float(rois), size, spatial_scale, sampling_ratio, bool(aligned)
    )
    output.copy_(pooled)


def roi_align_backward(
    grad_output: Tensor,
    rois: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    grad_input: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Fill ``grad_input`` (B, C, H, W) from ``grad_output``."""
    _check_average(pool_mode)
    gradient = torch.ops.torchvision._roi_align_backward(
        as_float(grad_output),
        as_float(rois),
        spatial_scale,
        aligned_height,
        aligned_width,
        *grad_input.shape,
        sampling_ratio,
        bool(aligned),
    )
    grad_input.copy_(gradient)


def roi_pool_forward(
    input: Tensor,
    rois: Tensor,
    output: Tensor,
    argmax: Tensor,
    pooled_height: int,
    pooled_width: int,
    spatial_scale: float,
) -> None:
    """Fill ``output`` (K, C, pooled_height, pooled_width) and ``argmax`` (int32), of its shape."""
    pooled, places = torch.ops.torchvision.roi_pool(
        as_float(input), as_float(rois), spatial_scale, pooled_height, pooled_width
    )
    output.copy_(pooled)
    argmax.copy_(places)


def roi_pool_backward(
    grad_output: Tensor,
    rois: Tensor,
    argmax: Tensor,
    grad_input: Tensor,
    pooled_height: int,
    pooled_width: int,
    spatial_scale: float,
) -> None:
    """Fill ``grad_input`` (B, C, H, W) from ``grad_output``."""
    gradient = torch.ops.torchvision._roi_pool_backward(
        as_float(grad_output),
        as_float(rois),
        argmax,
        spatial_scale,
        pooled_height,
        pooled_width,
        *grad_input.shape,
    )
    grad_input.copy_(gradient)


def _check_average(pool_mode: int) -> None:
    if pool_mode != 1:
        raise not_supplied("roi_align with pool_mode='max'")
