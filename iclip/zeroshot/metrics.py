"""Accuracy, mean accuracy per class, and PASCAL VOC's 11-point average precision.

What is tied or not a number never counts (:mod:`iclip.evaluation.ranking`).
"""

import numpy as np
import numpy.typing as npt
import torch

from iclip.evaluation.ranking import NO_CLASS, predicted_class

Scores = npt.NDArray[np.floating]
Labels = npt.NDArray[np.int64]


def top1(scores: Scores, labels: Labels) -> float:
    """Percent of rows whose best class is the label; scores (N, C), labels (N,)."""
    return 100 * float(_right(scores, labels).mean())


def mean_per_class(scores: Scores, labels: Labels) -> float:
    """Mean over the classes that occur of the percent of their rows that are right."""
    right = _right(scores, labels)
    return 100 * float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def mean_11_point_ap(scores: Scores, labels: Labels) -> float:
    """VOC2007's metric: precision at 11 levels of recall, averaged, and then over the classes.

    Where an image that shows the class scores as high as one that does not, the latter comes
    first. A score that is NaN comes before all others and finds nothing; neither does a class
    that scores the same on all images.

    Args:
        scores: (N, C)
        labels: (N, C): 1 present, 0 absent, -1 ("difficult") left out of its class.
    """
    return 100 * float(
        np.mean([_eleven_points(scores[:, i], labels[:, i]) for i in range(labels.shape[1])])
    )


def _eleven_points(scores: Scores, labels: Labels) -> float:
    counted = labels >= 0
    scores, present = scores[counted], labels[counted] == 1
    found = present & ~np.isnan(scores)
    if not found.any() or (scores.min() == scores.max() and not present.all()):
        return 0.0
    # NaN first, as a miss; among equals, what shows the class last.
    order = np.lexsort((found, -np.where(np.isnan(scores), np.inf, scores)))
    hits = np.cumsum(found[order])
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / present.sum()
    levels = [precision[recall >= level - 1e-12] for level in np.linspace(0, 1, 11)]
    return float(np.mean([part.max() if len(part) else 0.0 for part in levels]))


METRICS = {"top-1": top1, "mean per class": mean_per_class, "11-point mAP": mean_11_point_ap}


def confusion(scores: Scores, labels: Labels) -> list[list[int]]:
    """Count of the rows that have a prediction, (C, C), rows the truth; see :func:`undecided`."""
    predicted = _predicted(scores)
    decided = predicted != NO_CLASS
    counts = np.zeros((scores.shape[1], scores.shape[1]), dtype=np.int64)
    np.add.at(counts, (labels[decided], predicted[decided]), 1)
    return counts.tolist()


def undecided(scores: Scores, labels: Labels) -> list[int]:
    """Rows of each true class, (C,), that are predicted as no class: tied, or not a number."""
    without = labels[_predicted(scores) == NO_CLASS]
    return np.bincount(without, minlength=scores.shape[1]).tolist()


def _right(scores: Scores, labels: Labels) -> npt.NDArray[np.bool_]:
    return _predicted(scores) == labels


def _predicted(scores: Scores) -> Labels:
    return predicted_class(torch.from_numpy(scores)).numpy()
