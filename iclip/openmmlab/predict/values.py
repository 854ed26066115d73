"""Turn predictions into plain values for JSON."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

# mmdet's panoptic label is the class plus this factor times the number of the instance.
PANOPTIC_OFFSET = 1000


def class_shares(labels: Tensor, names: Sequence[str]) -> dict[str, Any]:
    """Compute the shares of an image's pixels by class, the largest first.

    Args:
        labels: Label of each pixel, (1, H, W); labels without a name are left out.
        names: Names of the classes.
    """
    found, counts = labels.unique(return_counts=True)
    shares = sorted(zip(counts.tolist(), found.tolist(), strict=True), reverse=True)
    shares = [(count, label) for count, label in shares if label < len(names)]
    return {
        "labels": [names[label] for _, label in shares],
        "shares": [round(count / labels.numel(), 4) for count, _ in shares],
    }


def run_lengths(masks: Tensor) -> list[dict[str, Any]]:
    """Encode masks (N, H, W) in COCO's compressed run lengths."""
    from mmdet.structures.mask import encode_mask_results

    found = encode_mask_results(list(masks.numpy()))
    return [{"size": list(code["size"]), "counts": code["counts"].decode()} for code in found]
