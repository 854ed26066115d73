"""mmseg's mIoU, and the IoU of each class that it is the mean of."""

import math
from typing import Any

from mmseg.evaluation.metrics import IoUMetric
from torch import Tensor

from iclip.registry import METRICS


@METRICS.register_module()
class IoUPerClass(IoUMetric):
    """mmseg's ``IoUMetric`` that keeps what it otherwise only logs as a table.

    Args:
        **kwargs: See mmseg's ``IoUMetric``.

    Attributes:
        per_class: IoU of each class after an evaluation, for ``SavePerClass``; counted are the
            class's pixels in the maps of labels.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.per_class: dict[str, Any] | None = None

    def compute_metrics(self, results: list[tuple[Tensor, ...]]) -> dict[str, float]:
        """mmseg's figures, over all ranks.

        Args:
            results: Of each image intersection, union, prediction and label in pixels, each
                (classes,).
        """
        metrics = super().compute_metrics(results)
        if not self.format_only:
            areas = [sum(part) for part in zip(*results, strict=True)]
            values = self.total_area_to_metrics(*areas)["IoU"]
            self.per_class = dict(
                metric="IoU",
                counted="pixels",
                classes=[
                    dict(
                        name=name,
                        value=None if math.isnan(value) else 100 * float(value),
                        count=int(count),
                    )
                    for name, value, count in zip(
                        self.dataset_meta["classes"], values, areas[3], strict=True
                    )
                ],
            )
        return metrics
