"""Naive multi-task training: a linear classifier and a contrastive loss on one image tower."""

from typing import Any

from torch import Tensor

from iclip.models.methods.linear_classifier import LinearClassifier
from iclip.models.methods.two_towers import TwoTowers
from iclip.models.step_rows import BatchEmbeds, RowCounts
from iclip.registry import MODELS


@MODELS.register_module()
class MultiTask(TwoTowers):
    """The paper's naive combination: the two kinds of data share only the image tower."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        num_classes = len(self._require_class_prompts())
        self.classifier = LinearClassifier(self.backbone.num_features, num_classes)

    def embed(self, inputs: Tensor, num_labelled: int, token_ids: Tensor | None) -> BatchEmbeds:
        """Encode labelled images as features, (B_c, C), pairs as embeddings, (B_p, D)."""
        # The classifier reads the features themselves, the contrastive loss their projection.
        features = self.encode_features(inputs)  # B_c + B_p, C
        labelled, paired = features.split([num_labelled, len(features) - num_labelled])
        return self._with_captions(labelled, self.project_image(paired), token_ids)

    def sample_losses(
        self, labelled: Tensor, class_embeds: Tensor | None, gt_labels: Tensor, rows: RowCounts
    ) -> dict[str, Tensor]:
        """Compute the linear classifier's ``loss_cls``."""
        if not any(rows.labelled):
            return {}
        loss = self.classifier.loss(labelled, gt_labels, rows.labelled)
        return {"loss_cls": self.loss_weight_cls * loss}

    def outputs_from_features(self, features: Tensor) -> dict[str, Any]:
        """Return the image embeddings, and ``logits`` (B, N) of the linear classifier."""
        return {**super().outputs_from_features(features), "logits": self.classifier(features)}
