"""COCO's box average precision, as a metric of mmengine's loops."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster
from mmengine.evaluator import BaseMetric

from iclip.evaluation.category_groups import Group, named_groups
from iclip.evaluation.counted_annotations import counted_annotations, is_crowd
from iclip.evaluation.lvis_ap import far_away, silent
from iclip.evaluation.lvis_summary import LVISSummary
from iclip.files.annotations import read_annotations
from iclip.files.coco import category_name
from iclip.registry import METRICS
from iclip.results import ClassScore, ClassScores

# COCO's limit of detections per image and category.
MAX_DETECTIONS = 100
# mmdet's names of the scores, by those of the summary.
_NAMES = {
    "AP": "bbox_mAP", "AP50": "bbox_mAP_50", "AP75": "bbox_mAP_75", "APs": "bbox_mAP_s",
    "APm": "bbox_mAP_m", "APl": "bbox_mAP_l",
}  # fmt: skip


@METRICS.register_module()
class COCOBoxMetric(BaseMetric):
    """Box AP as COCO defines it, for detectors of mmdet, over all classes and for each.

    The scores are mmdet's ``CocoMetric``'s, unrounded. Without a single detection they are 0, where
    mmdet's returns none. A box that is not finite never counts.

    Args:
        ann_file: The annotation file. Label i is the i-th category of the file, whatever its id, as
            in mmdet's COCO data sets.
        groups: Groups of categories by name, see :mod:`iclip.evaluation.category_groups`; each adds
            a score ``bbox_mAP_NAME``.
        **kwargs: See mmengine's ``BaseMetric``.

    Attributes:
        per_class: AP of each category after an evaluation, for ``SavePerClass``.
    """

    default_prefix = "coco"

    def __init__(
        self, ann_file: str, groups: Mapping[str, Group] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.content: dict[str, Any] = read_annotations(ann_file)
        self.category_ids = [category["id"] for category in self.content["categories"]]
        self.groups = named_groups(groups, self.content["categories"])
        self.per_class: ClassScores | None = None

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:
        """Keep the detections in each image's ``pred_instances``.

        Its boxes are (N, 4), corners (x1, y1, x2, y2) in pixels; its scores and labels are (N,).
        """
        for sample in data_samples:
            found = sample["pred_instances"]
            boxes = found["bboxes"].float().cpu().numpy()
            scores = found["scores"].float().cpu().numpy()
            finite = np.isfinite(boxes).all(axis=1) & np.isfinite(scores)
            labels = found["labels"].cpu().numpy()
            self.results.append((sample["img_id"], boxes[finite], scores[finite], labels[finite]))

    def compute_metrics(self, results: list[tuple[int, Any, Any, Any]]) -> dict[str, float]:
        """Return the scores over all ranks, from 0 to 1; -1 where there is nothing to measure."""
        detections = [
            dict(
                image_id=image_id,
                category_id=self.category_ids[label],
                # x1, y1, x2, y2 -> x, y, width, height
                bbox=[float(x1), float(y1), float(x2 - x1), float(y2 - y1)],
                score=float(score),
            )
            for image_id, boxes, scores, labels in results
            for (x1, y1, x2, y2), score, label in zip(boxes, scores, labels, strict=True)
        ]
        summary = self._evaluate(detections)
        self.per_class = self._per_class(summary)
        means = summary.means()
        percent = {name: means[of] for of, name in _NAMES.items()} | {
            f"bbox_mAP_{name}": summary.mean_of(own) for name, own in self.groups.items()
        }
        return {name: value / 100 if value >= 0 else -1.0 for name, value in percent.items()}

    def _evaluate(self, detections: list[dict[str, Any]]) -> LVISSummary:
        """Measure all categories, in the file's order."""
        content = {
            "images": [{"id": image["id"]} for image in self.content["images"]],
            "categories": [{"id": id_, "name": str(id_)} for id_ in self.category_ids],
            "annotations": counted_annotations(self.content["annotations"]),
        }
        coco = COCO(content)
        # faster-coco-eval demands a detection; one that overlaps nothing changes no score.
        nothing = far_away(self.content["images"][0]["id"], self.category_ids[0])
        found = coco.loadRes(detections or [nothing])
        evaluation = COCOeval_faster(coco, found, "bbox", print_function=silent)
        evaluation.params.maxDets = [1, 10, MAX_DETECTIONS]
        evaluation.evaluate()
        evaluation.accumulate()
        # The arrays are in the order of the ids; (10, 101, N, 4, 3) and (10, N, 4, 3).
        ids = sorted(self.category_ids)
        in_file = [ids.index(id_) for id_ in self.category_ids]
        precision = evaluation.eval["precision"][..., -1][:, :, in_file]
        recall = evaluation.eval["recall"][..., -1][:, in_file]
        return LVISSummary(precision, recall, (None,) * len(ids))

    def _per_class(self, summary: LVISSummary) -> ClassScores:
        """Return each category's AP with its number of objects in the file."""
        objects = Counter(
            annotation["category_id"]
            for annotation in self.content["annotations"]
            if not is_crowd(annotation)
        )
        categories = zip(self.content["categories"], summary.of_categories(), strict=True)
        classes = tuple(
            ClassScore(category_name(category), value, objects[category["id"]])
            for category, value in categories
        )
        return ClassScores("box AP", "objects", classes)
