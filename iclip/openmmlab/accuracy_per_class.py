"""mmaction's accuracy, with the accuracy of each class and what was taken for what."""

from typing import Any

import numpy as np
from mmaction.evaluation.metrics import AccMetric

from iclip.openmmlab.class_names import video_class_names
from iclip.registry import METRICS


@METRICS.register_module()
class AccuracyPerClass(AccMetric):
    """mmaction's ``AccMetric`` that keeps the confusions, for videos of one label each.

    Args:
        list_file: The videos' list; ``labels.txt`` beside it names the classes.
        **kwargs: See mmaction's ``AccMetric``.

    Attributes:
        per_class: Top-1 of each class after an evaluation, for ``SavePerClass``; counted are its
            videos, and ``confusion`` holds counts, rows the truth.
    """

    def __init__(self, list_file: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.list_file = list_file
        self.per_class: dict[str, Any] | None = None

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """mmaction's figures, over all ranks.

        Args:
            results: Of each video ``pred``, scores (classes,), and ``label``.
        """
        scores = np.stack([result["pred"] for result in results])
        labels = np.array([result["label"] for result in results])
        confusion = np.zeros((scores.shape[1], scores.shape[1]), dtype=np.int64)
        np.add.at(confusion, (labels, scores.argmax(axis=1)), 1)
        names = video_class_names(self.list_file, len(confusion))
        classes = [
            dict(
                name=name,
                value=100 * float(row[i] / row.sum()) if row.any() else None,
                count=int(row.sum()),
            )
            for i, (name, row) in enumerate(zip(names, confusion, strict=True))
        ]
        self.per_class = dict(
            metric="top-1", counted="videos", classes=classes, confusion=confusion.tolist()
        )
        return super().compute_metrics(results)
