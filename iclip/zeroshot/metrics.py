"""Accuracy, mean accuracy per class, and PASCAL VOC's 11-point average precision."""

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.floating]
Labels = npt.NDArray[np.int64]


def top1(scores: Scores, labels: Labels) -> float:
    """Percent of rows whose best class is the label; scores (N, C), labels (N,)."""
    return 100 * float((scores.argmax(axis=1) == labels).mean())


def mean_per_class(scores: Scores, labels: Labels) -> float:
    """Mean over the classes that occur of the percent of their rows that are right."""
    right = scores.argmax(axis=1) == labels
    return 100 * float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def mean_11_point_ap(scores: Scores, labels: Labels) -> float:
    """VOC2007's metric: precision at 11 levels of recall, averaged, and then over the classes.

    Args:
        scores: (N, C)
        labels: (N, C): 1 present, 0 absent, -1 ("difficult") left out of its class.
    """
    return 100 * float(
        np.mean([_eleven_points(scores[:, i], labels[:, i]) for i in range(labels.shape[1])])
    )


def _eleven_points(scores: Scores, labels: Labels) -> float:
    counted = labels >= 0
    order = np.argsort(-scores[counted], kind="stable")
    hits = np.cumsum(labels[counted][order])
    if len(hits) == 0 or hits[-1] == 0:
        return 0.0
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / hits[-1]
    levels = [precision[recall >= level - 1e-12] for level in np.linspace(0, 1, 11)]
    return float(np.mean([part.max() if len(part) else 0.0 for part in levels]))


METRICS = {"top-1": top1, "mean per class": mean_per_class, "11-point mAP": mean_11_point_ap}


def confusion(scores: Scores, labels: Labels) -> list[list[int]]:
    """Counts, rows the truth, (C, C)."""
    classes = scores.shape[1]
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, scores.argmax(axis=1)), 1)
    return counts.tolist()
