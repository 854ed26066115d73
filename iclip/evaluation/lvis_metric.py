"""LVIS's box average precision, as a metric of mmengine's loops."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from iclip.evaluation.category_groups import Group, named_groups
from iclip.evaluation.lvis_ap import LVISGroundTruth
from iclip.evaluation.lvis_summary import LVISSummary
from iclip.registry import METRICS
from iclip.results import ClassScore, ClassScores

# LVIS's letters for how many training images show a category.
_WORDS = {"r": "rare", "c": "common", "f": "frequent"}


@METRICS.register_module()
class LVISBoxMetric(BaseMetric):
    """Box AP on LVIS, for detectors of mmdet; see :class:`LVISGroundTruth`.

    Args:
        ann_file: The annotation file. Label i is the i-th category of the file, whatever its id, as
            in mmdet's LVIS data sets.
        groups: Groups of categories by name, see :mod:`iclip.evaluation.category_groups`; each adds
            a score ``AP_NAME``.
        **kwargs: See mmengine's ``BaseMetric``.

    Attributes:
        per_class: AP of each category after an evaluation, for ``SavePerClass``.
    """

    default_prefix = "lvis"

    def __init__(
        self, ann_file: str, groups: Mapping[str, Group] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.truth = LVISGroundTruth(ann_file)
        self.groups = named_groups(groups, self.truth.content["categories"])
        self.categories = np.array(self.truth.category_ids)
        self.per_class: ClassScores | None = None

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Keep the detections in each image's ``pred_instances`` that count.

        Its boxes are (N, 4), corners (x1, y1, x2, y2) in pixels; its scores and labels are (N,).

        Raises:
            ValueError: The file has no category for a label, or does not list the image.
        """
        for sample in data_samples:
            found = sample["pred_instances"]
            boxes = found["bboxes"].float().cpu().numpy()
            scores = found["scores"].float().cpu().numpy()
            # A score of NaN never counts, so a detection whose box is not finite does not, either.
            scores = np.where(np.isfinite(boxes).all(axis=1), scores, np.nan)
            labels = found["labels"].cpu().numpy()
            if len(labels) and labels.max() >= len(self.categories):
                raise ValueError(
                    f"the detector has a label {labels.max()}, {self.truth.path} has "
                    f"{len(self.categories)} categories: set num_classes of the box head to that"
                )
            chosen = self.truth.scored_detections(sample["img_id"], self.categories[labels], scores)
            self.results.append((sample["img_id"], boxes[chosen], scores[chosen], labels[chosen]))

    def compute_metrics(self, results: list[tuple[int, Any, Any, Any]]) -> dict[str, float]:
        """Return the summary over all ranks, in percent."""
        detections = [
            dict(
                image_id=image_id,
                category_id=int(self.categories[label]),
                # x1, y1, x2, y2 -> x, y, width, height, as COCO's format has it
                bbox=[float(x1), float(y1), float(x2 - x1), float(y2 - y1)],
                score=float(score),
            )
            for image_id, boxes, scores, labels in results
            for (x1, y1, x2, y2), score, label in zip(boxes, scores, labels, strict=True)
        ]
        summary = self.truth.evaluate(detections)
        self.per_class = self._per_class(summary)
        of_groups = {f"AP_{name}": summary.mean_of(own) for name, own in self.groups.items()}
        return summary.means() | of_groups

    def _per_class(self, summary: LVISSummary) -> ClassScores:
        """Return each category's AP with its number of objects in the file and its frequency."""
        content = self.truth.content
        objects = Counter(annotation["category_id"] for annotation in content["annotations"])
        columns = zip(
            self.truth.names,
            self.truth.category_ids,
            summary.of_categories(),
            summary.frequencies,
            strict=True,
        )
        classes = tuple(
            ClassScore(name, value, objects[id_], _WORDS.get(frequency or "", ""))
            for name, id_, value, frequency in columns
        )
        return ClassScores("box AP", "objects", classes)
