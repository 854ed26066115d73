"""COCO's box average precision, as a metric of mmengine's loops."""

from collections.abc import Mapping
from typing import Any

from faster_coco_eval import COCO, COCOeval_faster

from iclip.evaluation.box_metric import BoxMetric
from iclip.evaluation.category_groups import Group
from iclip.evaluation.counted_annotations import counted_annotations
from iclip.evaluation.lvis_ap import far_away, silent
from iclip.evaluation.lvis_summary import LVISSummary
from iclip.files.annotations import read_annotations
from iclip.registry import METRICS

# COCO's limit of detections per image and category.
MAX_DETECTIONS = 100
# mmdet's names of the scores, by those of the summary.
_NAMES = {
    "AP": "bbox_mAP", "AP50": "bbox_mAP_50", "AP75": "bbox_mAP_75", "APs": "bbox_mAP_s",
    "APm": "bbox_mAP_m", "APl": "bbox_mAP_l",
}  # fmt: skip


@METRICS.register_module()
class COCOBoxMetric(BoxMetric):
    """Box AP as COCO defines it, for detectors of mmdet: from 0 to 1, -1 without an object.

    The scores are mmdet's ``CocoMetric``'s, unrounded. Without a single detection they are 0, where
    mmdet's returns none.

    Args:
        ann_file: The annotation file, see :class:`~iclip.evaluation.box_metric.BoxMetric`.
        groups: Groups of categories by name, see :mod:`iclip.evaluation.category_groups`; each adds
            a score ``bbox_mAP_NAME``.
        **kwargs: See mmengine's ``BaseMetric``.
    """

    default_prefix = "coco"

    def __init__(
        self, ann_file: str, groups: Mapping[str, Group] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(ann_file, read_annotations(ann_file), groups, **kwargs)

    def _evaluate(self, detections: list[dict[str, Any]]) -> LVISSummary:
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

    def _scores(self, summary: LVISSummary) -> dict[str, float]:
        means = summary.means()
        percent = {name: means[of] for of, name in _NAMES.items()} | {
            f"bbox_mAP_{name}": summary.mean_of(own) for name, own in self.groups.items()
        }
        return {name: value / 100 if value >= 0 else -1.0 for name, value in percent.items()}
