"""Supervised classification: labelled images alone, no text."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from iclip.distributed import global_mean
from iclip.models.methods.two_towers import TwoTowers, to_device
from iclip.registry import MODELS


@MODELS.register_module()
class Supervised(TwoTowers):
    """A linear classifier on the image tower; builds neither text tower nor joint space."""

    def _build_joint_space(
        self, text_encoder: dict[str, Any], embed_dim: int, logit_scale: float
    ) -> None:
        num_classes = len(self._require_class_prompts())
        self.classifier = nn.Linear(self.backbone.num_features, num_classes)

    def loss(self, inputs: Tensor, gt_labels: Tensor, token_ids: Tensor) -> dict[str, Tensor]:
        """``loss_cls`` of the linear classifier.

        Raises:
            ValueError: If the batch holds image-text pairs.
        """
        if len(token_ids):
            raise ValueError(
                f"Supervised has no use for the {len(token_ids)} pairs of this batch: set "
                "train_dataloader.batch_sampler.ratio=(1, 0), or take MultiTask."
            )
        logits = self.classifier(self.backbone.forward_pooled(inputs))
        loss = F.cross_entropy(logits, to_device(gt_labels, logits), reduction="sum")
        return {"loss_cls": self.loss_weight_cls * global_mean(loss, len(gt_labels))}

    def describe(self, features: Tensor) -> dict[str, Any]:
        """``logits`` (B, N) of the linear classifier."""
        return {"logits": self.classifier(features)}
