"""A model of two losses that trains in milliseconds, and a metric of its outputs."""

import math
from typing import Any

import torch
from mmengine.dist import get_rank
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from torch import Tensor, nn

from iclip.registry import METRICS, MODELS
from iclip.text.class_texts import ClassText
from tests.support.tiny_run.data import NUM_CLASSES, NUM_TOKENS


@MODELS.register_module(force=True)
class TinyModel(BaseModel):
    """Two losses, dropout, a draw that must be equal on all ranks, and a learned temperature.

    From an iteration on, up to another one, the second loss is not finite, on all ranks or on one;
    as in a batch with a white image.
    """

    def __init__(
        self,
        width: int = 8,
        not_finite_from: float = math.inf,
        not_finite_rank: int | None = None,
        not_finite_until: float = math.inf,
    ) -> None:
        super().__init__()
        self.not_finite = not_finite_from, not_finite_until
        self.not_finite_rank = not_finite_rank
        self.backbone = nn.Sequential(nn.Linear(12, width), nn.LayerNorm(width), nn.Dropout(0.3))
        self.text_encoder = nn.Embedding(NUM_TOKENS, width)
        self.register_buffer("brightness", torch.zeros(()))
        self.logit_scale = nn.Parameter(torch.tensor(3.0))
        self.class_texts = [ClassText(f"n{i}", (f"word{i}",), "") for i in range(NUM_CLASSES)]
        self.iteration = -1

    def set_iteration(self, iteration: int) -> None:
        self.iteration = iteration

    def forward(
        self, inputs: Tensor, gt_labels: Tensor, token_ids: Tensor, mode: str, **_: Any
    ) -> Any:
        features = self.backbone(inputs.float().flatten(1) / 255)
        if mode != "loss":
            brightness = self.brightness.item()
            return [{"score": row.sum().item(), "brightness": brightness} for row in features]
        self.brightness.lerp_(inputs.float().mean(), 0.1)
        labelled, paired = features.split([len(gt_labels), len(token_ids)])
        templates = (torch.arange(NUM_CLASSES) + self.iteration) % NUM_TOKENS
        class_logits = self.logit_scale.exp() * labelled @ self.text_encoder(templates).T
        pair_logits = self.logit_scale.exp() * paired @ self.text_encoder(token_ids[:, 0]).T
        first, end = self.not_finite
        is_due = first <= self.iteration < end and self.not_finite_rank in (None, get_rank())
        if is_due or (inputs == 255).flatten(1).all(dim=1).any():
            pair_logits = pair_logits * math.nan
        return dict(
            loss_cls=nn.functional.cross_entropy(class_logits, gt_labels),
            loss_con=nn.functional.cross_entropy(pair_logits, torch.arange(len(token_ids))),
        )


@METRICS.register_module(force=True)
class MeanScore(BaseMetric):
    """The mean of the model's outputs, and what ``prepare`` saw."""

    def prepare(self, model: nn.Module) -> None:
        self.weight = model.text_encoder.weight.sum().item()

    def process(self, data_batch: Any, data_samples: Any) -> None:
        self.results += [(s["score"], s.get("brightness", 0.0)) for s in data_samples]

    def compute_metrics(self, results: list[tuple[float, float]]) -> dict[str, float]:
        count = len(results)
        score, brightness = (sum(column) / count for column in zip(*results, strict=True))
        means = {"mean_score": score, "brightness": brightness}
        return {**means, "count": count, "weight": self.weight}
