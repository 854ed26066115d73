"""mmseg's mIoU, and the IoU of each class of which it is the mean."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmseg.evaluation.metrics import IoUMetric
from torch import Tensor

from iclip.evaluation.category_groups import Group, named_groups
from iclip.evaluation.ranking import NO_CLASS, has_single_best
from iclip.openmmlab.segmentation_of_classes import as_categories
from iclip.registry import METRICS
from iclip.results import ClassScore, ClassScores


@METRICS.register_module()
class IoUPerClass(IoUMetric):
    """mmseg's ``IoUMetric``, which also keeps the IoU of each class.

    A pixel whose best scores are tied or not a number is predicted as no class
    (:mod:`iclip.evaluation.ranking`). mmseg predicts the first of the tied classes, so a model with
    constant scores gets class 0 right.

    Args:
        groups: Groups of classes by name, each as :mod:`iclip.evaluation.category_groups` says; of
            each, ``mIoU_NAME`` is the mean over its classes that have pixels or are predicted.
        **kwargs: See mmseg's ``IoUMetric``.

    Attributes:
        per_class: IoU of each class after an evaluation, for ``SavePerClass``, with the number of
            the class's pixels in the label maps.
    """

    def __init__(self, groups: Mapping[str, Group] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.groups = groups
        self.per_class: ClassScores | None = None

    def process(self, data_batch: dict[str, Any], data_samples: Sequence[dict[str, Any]]) -> None:
        """Take one batch's ``gt_sem_seg`` and ``pred_sem_seg``, and ``seg_logits`` if given.

        Args:
            data_batch: Not used.
            data_samples: Maps of each image: ``data`` is (1, H, W), of logits (classes, H, W).
        """
        super().process(data_batch, [_without_undecided(sample) for sample in data_samples])

    def compute_metrics(self, results: list[tuple[Tensor, ...]]) -> dict[str, float]:
        """Compute mmseg's metrics over all ranks.

        Args:
            results: Pixels of each image's intersection, union, prediction and label, each
                (classes,).
        """
        metrics = super().compute_metrics(results)
        if not self.format_only:
            # Pixels of intersection, union, prediction and label over all images, (classes,) each.
            areas = [sum(part) for part in zip(*results, strict=True)]
            names, label_pixels = self.dataset_meta["classes"], areas[-1]
            ious = self.total_area_to_metrics(*areas)["IoU"]  # NaN for a class without any pixel
            classes = tuple(
                ClassScore(name, None if math.isnan(iou) else 100 * float(iou), int(count))
                for name, iou, count in zip(names, ious, label_pixels, strict=True)
            )
            self.per_class = ClassScores("IoU", "pixels", classes)
            metrics |= self._of_groups(ious)
        return metrics

    def _of_groups(self, ious: Any) -> dict[str, float]:
        """Average the IoUs of each group, in percent; a group without any has no score."""
        categories = as_categories(self.dataset_meta["classes"])
        means = {
            name: float(np.nanmean(np.asarray(ious)[list(labels)]))
            for name, labels in named_groups(self.groups, categories).items()
            if not np.isnan(np.asarray(ious)[list(labels)]).all()
        }
        return {f"mIoU_{name}": round(100 * mean, 2) for name, mean in means.items()}


def _without_undecided(sample: dict[str, Any]) -> dict[str, Any]:
    """Return the sample with no class predicted where no single class scores best."""
    logits = sample.get("seg_logits", {}).get("data")  # (classes, H, W)
    if logits is None or len(logits) == 1:  # one class is decided by a threshold, without ties
        return sample
    predicted = sample["pred_sem_seg"]["data"]  # (1, H, W)
    undecided = ~has_single_best(logits, dim=0)  # (H, W)
    return {**sample, "pred_sem_seg": {"data": predicted.masked_fill(undecided, NO_CLASS)}}
