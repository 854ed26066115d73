"""Accuracy of the linear classifier of the supervised and multi-task baselines."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.evaluator import BaseMetric
from torch import Tensor

from iclip.evaluation.accuracy import top_k_accuracy
from iclip.evaluation.finite import check_finite
from iclip.registry import METRICS


@METRICS.register_module(name=["ClassifierAccuracy", "HeadAccuracy"])
class ClassifierAccuracy(BaseMetric):
    """Top-k accuracy of the model's ``logits``.

    ``HeadAccuracy`` is its former name, which older configs have.

    Args:
        top_k: The ks of the accuracies.
        **kwargs: See mmengine's ``BaseMetric``.
    """

    default_prefix = "head"

    def __init__(self, top_k: Sequence[int] = (1, 5), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.top_k = tuple(top_k)

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Take one batch's ``logits`` and ``gt_label``."""
        self.results += [(sample["logits"], sample["gt_label"]) for sample in data_samples]

    def compute_metrics(self, results: list[tuple[Tensor, int]]) -> dict[str, float]:
        """Return the accuracies over all ranks, in percent.

        Raises:
            ValueError: Logits are not finite.
        """
        logits = torch.stack([row for row, _ in results])  # B, N
        check_finite(logits, "images' logits", "image {}".format)
        return top_k_accuracy(logits, torch.tensor([label for _, label in results]), self.top_k)
