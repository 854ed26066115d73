"""Accuracy of classification, and which class was taken for which.

Scores are (B, N), true labels (B,) int64 in [0, N), and accuracies are in percent. A prediction
that is tied or not finite never counts as right (:mod:`iclip.evaluation.ranking`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from iclip.evaluation.ranking import NO_CLASS, predicted_class, rank_of_label

# The confusion matrix of more classes would make up most of a result's file.
MAX_CLASSES_OF_CONFUSION = 200


class Confusion(NamedTuple):
    """How often each class was taken for each class.

    Attributes:
        counts: (N, N) int64: the true classes in rows, the predicted ones in columns.
        undecided: (N,) int64: images of each true class without a single best class.
    """

    counts: Tensor
    undecided: Tensor


def top_k_accuracy(
    scores: Tensor, gt_labels: Tensor, top_k: Sequence[int] = (1, 5)
) -> dict[str, float]:
    """Return the share of images whose true class is among the k highest scores.

    A class is in the top k only if fewer than k other classes score as high or higher. So a model
    with equal scores for all classes has 0 %, not 100 %.

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
    """Return the share of images whose single best class is the true one."""
    return _percent(predicted_class(scores) == gt_labels)


def mean_class_accuracy(scores: Tensor, gt_labels: Tensor) -> float:
    """Return the mean of the classes' accuracies, over the classes that occur in the labels."""
    right = predicted_class(scores) == gt_labels
    # Per class, up to the last that occurs.
    total = torch.bincount(gt_labels)
    hits = torch.bincount(gt_labels[right], minlength=len(total))
    occurs = total > 0
    # NumPy's mean: torch's may differ in the last digit from the results recorded so far.
    return 100 * float(np.mean((hits[occurs].double() / total[occurs]).numpy()))


def confusion(scores: Tensor, gt_labels: Tensor) -> Confusion:
    """Count which class each image was taken for."""
    num_classes = scores.shape[1]
    predicted = predicted_class(scores)
    decided = predicted != NO_CLASS
    # Number of each image's cell in the flattened (N, N).
    cells = gt_labels[decided] * num_classes + predicted[decided]
    counts = torch.bincount(cells, minlength=num_classes**2).view(num_classes, num_classes)
    return Confusion(counts, torch.bincount(gt_labels[~decided], minlength=num_classes))


def _percent(right: Tensor) -> float:
    return 100 * right.double().mean().item()
