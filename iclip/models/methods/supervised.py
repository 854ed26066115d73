"""Supervised classification: labelled images alone, no text."""

from typing import Any

from torch import Tensor

from iclip.models.methods.feature_classifier import FeatureClassifier
from iclip.models.methods.linear_classifier import LinearClassifier
from iclip.models.step_rows import RowCounts
from iclip.registry import MODELS


@MODELS.register_module()
class Supervised(FeatureClassifier):
    """A linear classifier on the image tower.

    Args:
        backbone: Image tower; see :class:`~iclip.models.methods.image_method.ImageMethod`.
        text_encoder: Not used. Like the other arguments that are not used, it is there so that
            another method's config becomes this one's by its ``type`` alone.
        class_prompts: Classes of the labelled images.
        embed_dim: Not used.
        logit_scale: Not used.
        loss_weight_cls: Weight of the classification loss.
        loss_weight_con: Not used.
        data_preprocessor: See :class:`~iclip.models.data_preprocessor.BatchPreprocessor`.
        text_chunks: Not used.
    """

    classifier: LinearClassifier
    alternative = ", or take MultiTask"

    def __init__(
        self,
        backbone: dict[str, Any],
        text_encoder: dict[str, Any] | None = None,
        class_prompts: dict[str, Any] | None = None,
        embed_dim: int | None = None,
        logit_scale: float | None = None,
        loss_weight_cls: float = 1.0,
        loss_weight_con: float | None = None,
        data_preprocessor: dict[str, Any] | None = None,
        text_chunks: dict[str, int] | None = None,
    ) -> None:
        super().__init__(backbone, class_prompts, loss_weight_cls, data_preprocessor)
        num_classes = len(self._require_class_prompts())
        self.classifier = LinearClassifier(self.backbone.num_features, num_classes)

    def sample_losses(
        self, labelled: Tensor, class_embeds: Tensor | None, gt_labels: Tensor, rows: RowCounts
    ) -> dict[str, Tensor]:
        """Compute ``loss_cls`` of the linear classifier."""
        loss = self.classifier.loss(labelled, gt_labels, rows.labelled)
        return {"loss_cls": self.loss_weight_cls * loss}
