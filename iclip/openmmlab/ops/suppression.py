"""Non-maximum suppression; boxes are (x1, y1, x2, y2) in pixels."""

import torch
from torch import Tensor
from torchvision.ops import box_iou
from torchvision.ops import nms as torchvision_nms


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int) -> Tensor:
    """Suppress boxes that overlap a better one by more than the threshold.

    Args:
        boxes: (N, 4)
        scores: (N,)
        iou_threshold: Intersection over union, 0 to 1.
        offset: 1 where a box includes its last row and column of pixels, else 0.

    Returns:
        Indices of the kept boxes, best first, int64.
    """
    # torchvision's boxes end where the last pixel ends.
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
        dets: (N, 5); receives the kept boxes with their new scores in its first rows.
        iou_threshold: Least overlap at which the first two methods lower a score.
        sigma: Width of the third method's Gaussian.
        min_score: Boxes with lower scores are dropped.
        method: What multiplies an overlapping box's score: 0: zero. 1: 1 - IoU. 2:
            exp(-IoU**2 / sigma), whatever the overlap.
        offset: As for :func:`nms`.

    Returns:
        Indices of the kept boxes in the order of choice, int64, on the boxes' device.
    """
    left = torch.arange(len(boxes), device=boxes.device)
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
    return torch.stack(kept) if kept else left


def _overlap(box: Tensor, others: Tensor, offset: int) -> Tensor:
    """Compute the intersection over union of a box (4,) with others (N, 4): (N,)."""
    low, high = torch.maximum(box[:2], others[:, :2]), torch.minimum(box[2:], others[:, 2:])
    inner = (high - low + offset).clamp(min=0).prod(dim=1)
    areas = (others[:, 2:] - others[:, :2] + offset).prod(dim=1)
    return inner / ((box[2:] - box[:2] + offset).prod() + areas - inner)


def nms_match(dets: Tensor, iou_threshold: float) -> list[list[int]]:
    """Group boxes with the better one that suppresses them.

    Args:
        dets: Boxes with scores, (N, 5).
        iou_threshold: Least overlap at which a box joins the group, 0 to 1.

    Returns:
        One list of indices per kept box: the box, then its group by falling score.
    """
    order = dets[:, 4].sort(descending=True).indices
    groups: list[list[int]] = []
    while len(order):
        overlap = box_iou(dets[order[:1], :4], dets[order, :4])[0]
        joins = overlap >= iou_threshold
        joins[0] = True  # the box itself, also where its area is 0
        groups.append(order[joins].tolist())
        order = order[~joins]
    return groups
