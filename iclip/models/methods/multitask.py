"""Naive multi-task training: a linear classifier and a contrastive loss on one image tower."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from iclip.distributed import global_mean
from iclip.models.methods.two_towers import TwoTowers, to_device
from iclip.registry import MODELS


@MODELS.register_module()
class MultiTask(TwoTowers):
    """The paper's naive combination: the two kinds of data share nothing but the image tower."""

    def _build_joint_space(
        self, text_encoder: dict[str, Any], embed_dim: int, logit_scale: float
    ) -> None:
        super()._build_joint_space(text_encoder, embed_dim, logit_scale)
        num_classes = len(self._require_class_prompts())
        self.classifier = nn.Linear(self.backbone.num_features, num_classes)

    def loss(self, inputs: Tensor, gt_labels: Tensor, token_ids: Tensor) -> dict[str, Tensor]:
        """``loss_cls`` of the linear classifier and ``loss_con`` over the global batch's pairs."""
        features = self.backbone.forward_pooled(inputs)
        labelled, paired = features.split([len(gt_labels), len(token_ids)])
        targets = to_device(gt_labels, features)
        loss = F.cross_entropy(self.classifier(labelled), targets, reduction="sum")
        return {
            "loss_cls": self.loss_weight_cls * global_mean(loss, len(gt_labels)),
            **self._contrastive_loss(self.project_image(paired), token_ids),
        }

    def describe(self, features: Tensor) -> dict[str, Any]:
        """Embeddings of the joint space, and ``logits`` (B, N) of the linear classifier."""
        return {**super().describe(features), "logits": self.classifier(features)}
