"""LVIS's box average precision as a metric of mmengine's loops."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from iclip.evaluation.lvis_ap import LVISGroundTruth
from iclip.evaluation.lvis_figures import LVISFigures
from iclip.registry import METRICS

_WORDS = {"r": "rare", "c": "common", "f": "frequent"}


@METRICS.register_module()
class LVISBoxMetric(BaseMetric):
    """Box AP on LVIS, for detectors of mmdet; see :class:`LVISGroundTruth`.

    Args:
        ann_file: The annotation file. Label i is its category with the i-th smallest id, as in
            mmdet's LVIS datasets.
        **kwargs: See mmengine's ``BaseMetric``.

    Attributes:
        per_class: AP of each category after an evaluation, for ``SavePerClass``.
    """

    default_prefix = "lvis"

    def __init__(self, ann_file: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.truth = LVISGroundTruth(ann_file)
        self.categories = np.array(self.truth.category_ids)
        self.per_class: dict[str, Any] | None = None

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Keep what counts of each image's ``pred_instances``: boxes (N, 4), scores, labels."""
        for sample in data_samples:
            found = sample["pred_instances"]
            scores = found["scores"].float().cpu().numpy()
            labels = found["labels"].cpu().numpy()
            if len(labels) and labels.max() >= len(self.categories):
                raise ValueError(
                    f"the detector has a label {labels.max()}, {self.truth.path} has "
                    f"{len(self.categories)} categories: set num_classes of the box head to that"
                )
            chosen = self.truth.that_count(sample["img_id"], self.categories[labels], scores)
            boxes = found["bboxes"].float().cpu().numpy()[chosen]
            self.results.append((sample["img_id"], boxes, scores[chosen], labels[chosen]))

    def compute_metrics(self, results: list[tuple[int, Any, Any, Any]]) -> dict[str, float]:
        """Percent, over all ranks."""
        detections = [
            dict(
                image_id=image_id,
                category_id=int(self.categories[label]),
                bbox=[float(x1), float(y1), float(x2 - x1), float(y2 - y1)],
                score=float(score),
            )
            for image_id, boxes, scores, labels in results
            for (x1, y1, x2, y2), score, label in zip(boxes, scores, labels, strict=True)
        ]
        figures = self.truth.evaluate(detections)
        self.per_class = self._per_class(figures)
        return figures.summary()

    def _per_class(self, figures: LVISFigures) -> dict[str, Any]:
        content = self.truth.content
        objects = Counter(annotation["category_id"] for annotation in content["annotations"])
        of_id = {category["id"]: category for category in content["categories"]}
        classes = [
            dict(
                name=of_id[id_].get("name", str(id_)),
                value=value,
                count=objects[id_],
                frequency=_WORDS.get(frequency or ""),
            )
            for id_, value, frequency in zip(
                self.truth.category_ids,
                figures.of_categories(),
                figures.frequencies,
                strict=True,
            )
        ]
        return dict(metric="box AP", counted="objects", classes=classes)
