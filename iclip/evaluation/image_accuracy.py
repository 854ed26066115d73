"""Accuracy of image classification, with that of each class."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from iclip.evaluation.accuracy import (
    MAX_CLASSES_OF_CONFUSION,
    confusion,
    mean_class_accuracy,
)
from iclip.evaluation.classifier_accuracy import ClassifierAccuracy
from iclip.evaluation.ranking import predicted_class
from iclip.registry import METRICS
from iclip.results import ClassScore, ClassScores


@METRICS.register_module()
class ImageAccuracy(ClassifierAccuracy):
    """Top-k accuracy of the model's ``logits``, its mean over the classes, and each class's.

    Args:
        **kwargs: See :class:`~iclip.evaluation.classifier_accuracy.ClassifierAccuracy`.

    Attributes:
        per_class: Top-1 of each class after an evaluation, for ``SavePerClass``, with the number of
            its images and, unless there are too many classes, the confusion.
    """

    default_prefix = "accuracy"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.per_class: ClassScores | None = None

    def compute_metrics(self, results: list[tuple[Tensor, int]]) -> dict[str, float]:
        """Return ``top1``, ``top5`` and ``mean_per_class`` over all ranks, in percent.

        Raises:
            ValueError: Logits are not finite, or the data set has other classes than the model.
        """
        names = self._class_names(len(results[0][0]))
        scores = super().compute_metrics(results)
        logits = torch.stack([row for row, _ in results])  # B, N
        labels = torch.tensor([label for _, label in results])
        self.per_class = scores_per_class(names, logits, labels)
        return {**scores, "mean_per_class": mean_class_accuracy(logits, labels)}

    def _class_names(self, count: int) -> Sequence[str]:
        meta = self.dataset_meta or {}
        names = meta.get("classes") or meta.get("class_ids")
        if names is None:
            return [f"class {label}" for label in range(count)]
        if len(names) != count:
            raise ValueError(
                f"the model has {count:,} classes (model.num_classes), and the evaluated data set "
                f"has {len(names):,}: labels would mean other classes. Evaluate it on the classes "
                "that it was trained with"
            )
        return names


def scores_per_class(names: Sequence[str], scores: Tensor, gt_labels: Tensor) -> ClassScores:
    """Compute the accuracy of each class, with the confusion of up to 200 classes.

    Args:
        names: Names of the N classes.
        scores: (B, N)
        gt_labels: (B,) int64 in [0, N).
    """
    if len(names) <= MAX_CLASSES_OF_CONFUSION:
        counts, undecided = confusion(scores, gt_labels)
        return ClassScores.from_confusion(names, counts.tolist(), undecided.tolist())
    right = predicted_class(scores) == gt_labels
    totals = torch.bincount(gt_labels, minlength=len(names)).tolist()
    hits = torch.bincount(gt_labels[right], minlength=len(names)).tolist()
    classes = [
        ClassScore(name, 100 * hit / total if total else None, total)
        for name, hit, total in zip(names, hits, totals, strict=True)
    ]
    return ClassScores("accuracy", "images", tuple(classes))
