"""Accuracy of classification, and which class was taken for which.

What is tied or not finite never counts (:mod:`iclip.evaluation.ranking`). Scores are (B, N), true
labels (B,) int64 in [0, N), and accuracies are in percent.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from iclip.evaluation.ranking import NO_CLASS, predicted_class, rank_of_label


class Confusion(NamedTuple):
    """How often each class was taken for each.

    Attributes:
        counts: (N, N) int64: rows the true class, columns the predicted one.
        undecided: (N,) int64: rows of each true class without a prediction.
    """

    counts: Tensor
    undecided: Tensor


def top_k_accuracy(
    scores: Tensor, gt_labels: Tensor, top_k: Sequence[int] = (1, 5)
) -> dict[str, float]:
    """Return the share of rows whose true class is among the k highest scores.

    A class is in the top k only if fewer than k other classes score as high or higher. Equal scores
    for all classes are therefore 0 %, not 100 %.

    Args:
        scores: (B, N)
        gt_labels: (B,)
        top_k: The ks; a k of N or more would be 100 % by definition and is left out.

    Returns:
        ``top1``, ``top5``, ...: percent.
    """
    rank = rank_of_label(scores, gt_labels)
    return {f"top{k}": _percent(rank < k) for k in top_k if k < scores.shape[1]}


def top1_accuracy(scores: Tensor, gt_labels: Tensor) -> float:
    """Return the share of rows whose single best class is the true one."""
    return _percent(predicted_class(scores) == gt_labels)


def mean_class_accuracy(scores: Tensor, gt_labels: Tensor) -> float:
    """Return the mean, over the classes that occur, of the share of their rows that are right."""
    right = predicted_class(scores) == gt_labels
    total = torch.bincount(gt_labels)
    hits = torch.bincount(gt_labels[right], minlength=len(total))
    occurs = total > 0
    # NumPy's mean: torch's may differ in the last digit from the results recorded so far.
    return 100 * float(np.mean((hits[occurs].double() / total[occurs]).numpy()))


def confusion(scores: Tensor, gt_labels: Tensor) -> Confusion:
    """Count which class each row was taken for."""
    num_classes = scores.shape[1]
    predicted = predicted_class(scores)
    decided = predicted != NO_CLASS
    cells = gt_labels[decided] * num_classes + predicted[decided]
    counts = torch.bincount(cells, minlength=num_classes**2).view(num_classes, num_classes)
    return Confusion(counts, torch.bincount(gt_labels[~decided], minlength=num_classes))


def _percent(right: Tensor) -> float:
    return 100 * right.double().mean().item()
