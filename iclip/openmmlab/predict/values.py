"""What was predicted as plain values, fit for JSON."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

# mmdet counts the instances of a panoptic segment's class in thousands.
PANOPTIC_OFFSET = 1000


def class_shares(labels: Tensor, names: Sequence[str]) -> dict[str, Any]:
    """Shares of an image's pixels by class, the largest first.

    Args:
        labels: Of each pixel, (1, H, W); numbers without a name are of no class.
        names: Of the classes.
    """
    found, counts = labels.unique(return_counts=True)
    shares = sorted(zip(counts.tolist(), found.tolist(), strict=True), reverse=True)
    shares = [(count, label) for count, label in shares if label < len(names)]
    return {
        "labels": [names[label] for _, label in shares],
        "shares": [round(count / labels.numel(), 4) for count, _ in shares],
    }


def run_lengths(masks: Tensor) -> list[dict[str, Any]]:
    """Masks (N, H, W) in COCO's compressed run-length encoding."""
    from mmdet.structures.mask import encode_mask_results

    found = encode_mask_results(list(masks.numpy()))
    return [{"size": list(code["size"]), "counts": code["counts"].decode()} for code in found]
