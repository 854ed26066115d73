"""Naive multi-task training: a linear classifier and a contrastive loss on one image tower."""

from typing import Any

from torch import Tensor

from iclip.models.methods.linear_classifier import LinearClassifier
from iclip.models.methods.two_towers import TwoTowers
from iclip.registry import MODELS


@MODELS.register_module()
class MultiTask(TwoTowers):
    """The paper's naive combination: the two kinds of data share only the image tower."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        num_classes = len(self._require_class_prompts())
        self.classifier = LinearClassifier(self.backbone.num_features, num_classes)

    def loss(self, inputs: Tensor, gt_labels: Tensor, token_ids: Tensor) -> dict[str, Tensor]:
        """Compute the linear classifier's ``loss_cls`` and the global batch's ``loss_con``."""
        # The classifier reads the features themselves, the contrastive loss their projection.
        features = self.backbone.forward_pooled(inputs)  # B_c + B_p, C
        labelled, paired = features.split([len(gt_labels), len(token_ids)])
        return {
            "loss_cls": self.loss_weight_cls * self.classifier.loss(labelled, gt_labels),
            **self._contrastive_loss(self.project_image(paired), token_ids),
        }

    def outputs_from_features(self, features: Tensor) -> dict[str, Any]:
        """Return the image embeddings, and ``logits`` (B, N) of the linear classifier."""
        return {**super().outputs_from_features(features), "logits": self.classifier(features)}
