"""What COCO's and LVIS's metrics share: a detector's boxes, by an annotation file's categories."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from iclip.evaluation.category_groups import Group, named_groups
from iclip.evaluation.counted_annotations import is_crowd
from iclip.evaluation.lvis_summary import LVISSummary
from iclip.files.coco import category_name
from iclip.results import ClassScore, ClassScores

# LVIS's letters for how many training images show a category.
_WORDS = {"r": "rare", "c": "common", "f": "frequent"}


class BoxMetric(BaseMetric):
    """Box AP of detectors of mmdet, over all categories and for each.

    A box or a score that is not finite never counts.

    Args:
        path: The annotation file. Label i is its i-th category, whatever the id, as in mmdet's
            data sets.
        content: What it holds.
        groups: Groups of categories by name, see :mod:`iclip.evaluation.category_groups`.
        **kwargs: See mmengine's ``BaseMetric``.

    Attributes:
        per_class: AP of each category after an evaluation, for ``SavePerClass``.
    """

    def __init__(
        self,
        path: str | Path,
        content: dict[str, Any],
        groups: Mapping[str, Group] | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path, self.content = path, content
        self.category_ids = [category["id"] for category in content["categories"]]
        self.groups = named_groups(groups, content["categories"])
        self.per_class: ClassScores | None = None

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:
        """Keep the detections in each image's ``pred_instances`` that count.

        Its boxes are (N, 4), corners (x1, y1, x2, y2) in pixels; its scores and labels are (N,).

        Raises:
            ValueError: The file has no category for a label, or does not list the image.
        """
        for sample in data_samples:
            found = sample["pred_instances"]
            boxes = found["bboxes"].float().cpu().numpy()
            scores = found["scores"].float().cpu().numpy()
            scores = np.where(np.isfinite(boxes).all(axis=1), scores, np.nan)
            labels = found["labels"].cpu().numpy()
            if len(labels) and labels.max() >= len(self.category_ids):
                raise ValueError(
                    f"the detector has a label {labels.max()}, {self.path} has "
                    f"{len(self.category_ids)} categories: set num_classes of the box head to that"
                )
            chosen = self._counted(sample["img_id"], labels, scores)
            self.results.append((sample["img_id"], boxes[chosen], scores[chosen], labels[chosen]))

    def compute_metrics(self, results: list[tuple[int, Any, Any, Any]]) -> dict[str, float]:
        """Return the scores over all ranks."""
        detections = [
            dict(
                image_id=image_id,
                category_id=self.category_ids[label],
                # x1, y1, x2, y2 -> x, y, width, height, as COCO's format has it
                bbox=[float(x1), float(y1), float(x2 - x1), float(y2 - y1)],
                score=float(score),
            )
            for image_id, boxes, scores, labels in results
            for (x1, y1, x2, y2), score, label in zip(boxes, scores, labels, strict=True)
        ]
        summary = self._evaluate(detections)
        self.per_class = self._per_class(summary)
        return self._scores(summary)

    def _counted(self, image_id: int, labels: Any, scores: Any) -> Any:
        """Return the positions of the detections of an image that count."""
        return np.flatnonzero(np.isfinite(scores))

    def _evaluate(self, detections: list[dict[str, Any]]) -> LVISSummary:
        """Measure all categories, in the file's order."""
        raise NotImplementedError

    def _scores(self, summary: LVISSummary) -> dict[str, float]:
        """Return the scores by name."""
        raise NotImplementedError

    def _per_class(self, summary: LVISSummary) -> ClassScores:
        """Return each category's AP with its number of objects in the file and its frequency."""
        objects = Counter(
            annotation["category_id"]
            for annotation in self.content["annotations"]
            if not is_crowd(annotation)
        )
        rows = zip(
            self.content["categories"], summary.of_categories(), summary.frequencies, strict=True
        )
        classes = tuple(
            ClassScore(
                category_name(category), value, objects[category["id"]],
                _WORDS.get(frequency or "", ""),
            )
            for category, value, frequency in rows
        )  # fmt: skip
        return ClassScores("box AP", "objects", classes)
