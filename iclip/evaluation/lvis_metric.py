"""LVIS's box average precision, as a metric of mmengine's loops."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from iclip.evaluation.box_metric import BoxMetric
from iclip.evaluation.category_groups import Group
from iclip.evaluation.lvis_ap import LVISGroundTruth
from iclip.evaluation.lvis_summary import LVISSummary
from iclip.registry import METRICS


@METRICS.register_module()
class LVISBoxMetric(BoxMetric):
    """Box AP on LVIS in percent, for detectors of mmdet; see :class:`LVISGroundTruth`.

    Args:
        ann_file: The annotation file, see :class:`~iclip.evaluation.box_metric.BoxMetric`.
        groups: Groups of categories by name, see :mod:`iclip.evaluation.category_groups`; each adds
            a score ``AP_NAME``.
        **kwargs: See mmengine's ``BaseMetric``.
    """

    default_prefix = "lvis"

    def __init__(
        self, ann_file: str, groups: Mapping[str, Group] | None = None, **kwargs: Any
    ) -> None:
        self.truth = LVISGroundTruth(ann_file)
        super().__init__(ann_file, self.truth.content, groups, **kwargs)

    def _counted(self, image_id: int, labels: Any, scores: Any) -> Any:
        categories = np.array(self.category_ids)[labels]
        return self.truth.scored_detections(image_id, categories, scores)

    def _evaluate(self, detections: list[dict[str, Any]]) -> LVISSummary:
        return self.truth.evaluate(detections)

    def _scores(self, summary: LVISSummary) -> dict[str, float]:
        of_groups = {f"AP_{name}": summary.mean_of(own) for name, own in self.groups.items()}
        return summary.means() | of_groups
