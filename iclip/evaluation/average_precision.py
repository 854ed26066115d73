"""PASCAL VOC 2007's average precision, for images that may show several classes."""

import numpy as np
from torch import Tensor

from iclip.evaluation.ranking import hits_in_order

# 0, 0.1, ..., 1, as VOC 2007 defines it.
_RECALL_LEVELS = np.linspace(0, 1, 11)


def mean_11_point_ap(scores: Tensor, gt_labels: Tensor) -> float:
    """Return the mean over the classes of their average precision at 11 levels of recall.

    Scores that are tied or not finite count against the model
    (:func:`iclip.evaluation.ranking.hits_in_order`).

    Args:
        scores: (B, N)
        gt_labels: (B, N): 1: the image shows the class. 0: it does not. -1 ("difficult"): the image
            is left out for this class.

    Returns:
        Percent.
    """
    columns = zip(scores.T, gt_labels.T, strict=True)
    return 100 * float(np.mean([_eleven_points(*column) for column in columns]))


def _eleven_points(scores: Tensor, gt_labels: Tensor) -> float:
    """Return one class's average precision, from 0 to 1; scores and labels (B,)."""
    counted = gt_labels >= 0
    present = gt_labels[counted] == 1
    # Images of the class among the first k, for each k.
    hits = hits_in_order(scores[counted], present).cumsum(0).numpy()
    if not hits.any():
        return 0.0
    # After each place of the ranking.
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / present.sum().item()
    # 1e-12: a recall such as 3 / 10 must reach the level 0.3 in spite of rounding.
    at_levels = [precision[recall >= level - 1e-12] for level in _RECALL_LEVELS]
    return float(np.mean([found.max() if len(found) else 0.0 for found in at_levels]))
