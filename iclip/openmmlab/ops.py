"""mmcv's compiled operators that the hub's tasks use, computed by torchvision.

mmcv's C++ extension has no wheel and does not build beside a current torch. Its Python half checks
that every operator exists and calls them with outputs to fill; the functions here have its calling
conventions. Boxes are (x1, y1, x2, y2) in pixels, RoIs (K, 5) with the image's index in front.
"""

from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torchvision.ops import nms as torchvision_nms
from torchvision.ops import roi_align

REMEDY = (
    "iclip supplies nms, softnms, roi_align (average) and roi_pool from torchvision. For this one, "
    "install an mmcv with compiled operators (mim install 'mmcv>=2.0.1,<2.2', which needs an older "
    "torch), and iclip steps aside"
)


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int) -> Tensor:
    """Suppress boxes that overlap a better one by more than the threshold.

    Args:
        boxes: (N, 4)
        scores: (N,)
        iou_threshold: Intersection over union, 0 to 1.
        offset: 1 where a box includes its last row and column of pixels, else 0.

    Returns:
        Indices of what is kept, best first, int64.
    """
    shift = boxes.new_tensor([0, 0, offset, offset])
    return torchvision_nms(boxes.float() + shift, scores.float(), iou_threshold)


def softnms(
    boxes: Tensor,
    scores: Tensor,
    dets: Tensor,
    iou_threshold: float,
    sigma: float,
    min_score: float,
    method: int,
    offset: int,
) -> Tensor:
    """Lower the scores of boxes that overlap better ones (arXiv:1704.04503).

    Args:
        boxes: (N, 4)
        scores: (N,)
        dets: (N, 5), receives the kept boxes with their new scores in its first rows.
        iou_threshold: From which overlap on the first two methods lower a score.
        sigma: Of the third method's Gaussian.
        min_score: A box whose score falls below is dropped.
        method: 0: to zero. 1: by the factor 1 - IoU. 2: by exp(-IoU**2 / sigma).
        offset: As for :func:`nms`.

    Returns:
        Indices of what is kept in the order of choice, int64.
    """
    left = torch.arange(len(boxes))
    scores = scores.clone()
    kept: list[Tensor] = []
    while len(left):
        best = left[scores[left].argmax()]
        dets[len(kept), :4], dets[len(kept), 4] = boxes[best], scores[best]
        kept.append(best)
        left = left[left != best]
        overlap = _overlap(boxes[best], boxes[left], offset)
        if method == 2:
            factor = torch.exp(-(overlap**2) / sigma)
        else:
            lowered = 1 - overlap if method == 1 else torch.zeros_like(overlap)
            factor = torch.where(overlap >= iou_threshold, lowered, 1.0)
        scores[left] *= factor
        left = left[scores[left] >= min_score]
    return torch.stack(kept) if kept else torch.empty(0, dtype=torch.int64)


def _overlap(box: Tensor, others: Tensor, offset: int) -> Tensor:
    """Intersection over union of one box (4,) with others (N, 4): (N,)."""
    low, high = torch.maximum(box[:2], others[:, :2]), torch.minimum(box[2:], others[:, 2:])
    inner = (high - low + offset).clamp(min=0).prod(dim=1)
    areas = (others[:, 2:] - others[:, :2] + offset).prod(dim=1)
    return inner / ((box[2:] - box[:2] + offset).prod() + areas - inner)


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

    Raises:
        NotImplementedError: ``pool_mode`` is 0, the maximum.
    """
    _check_average(pool_mode)
    size = (aligned_height, aligned_width)
    # In float32: torchvision has no bfloat16 kernel for a CPU.
    pooled = roi_align(
        _float(input), _float(rois), size, spatial_scale, sampling_ratio, bool(aligned)
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
        _float(grad_output),
        _float(rois),
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
    """Fill ``output`` and the places of the maxima, ``argmax`` (int32)."""
    pooled, places = torch.ops.torchvision.roi_pool(
        _float(input), _float(rois), spatial_scale, pooled_height, pooled_width
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
        _float(grad_output),
        _float(rois),
        argmax,
        spatial_scale,
        pooled_height,
        pooled_width,
        *grad_input.shape,
    )
    grad_input.copy_(gradient)


def _float(tensor: Tensor) -> Tensor:
    """The tensor in float32, or as it is in float64."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def _check_average(pool_mode: int) -> None:
    if pool_mode != 1:
        raise NotImplementedError(f"roi_align with pool_mode='max' is not supplied. {REMEDY}")


SUPPLIED: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        nms,
        softnms,
        roi_align_forward,
        roi_align_backward,
        roi_pool_forward,
        roi_pool_backward,
    )
}


class SuppliedOperators(ModuleType):
    """A module in place of ``mmcv._ext``; operators it lacks are there, and raise when called."""

    def __init__(self) -> None:
        super().__init__("mmcv._ext", __doc__)
        # Without a loader mmengine sees that mmcv was not compiled, which is true.
        self.__spec__ = ModuleSpec("mmcv._ext", loader=None)
        self.__dict__.update(SUPPLIED)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def absent(*_: Any, **__: Any) -> None:
            raise NotImplementedError(f"mmcv's operator '{name}' is not supplied. {REMEDY}")

        return absent
