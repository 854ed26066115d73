"""Classification of images: the backbone and a classifier, fine-tuned together."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from iclip.models.batch_mixing import BatchMixing
from iclip.models.methods.feature_classifier import FeatureClassifier
from iclip.models.methods.linear_classifier import LinearClassifier, share_of_cross_entropy
from iclip.models.step_rows import RowCounts
from iclip.registry import MODELS
from iclip.text.class_texts import ClassTexts


@MODELS.register_module()
class ImageClassifier(FeatureClassifier):
    """A classifier on pooled features, which pre-training pools in the same way.

    Args:
        backbone: Image tower; see :class:`~iclip.models.methods.image_method.ImageMethod`.
        num_classes: Number of classes N.
        classifier: The classifier: ``dict(type="iclip.TextClassifier", ...)``, whose
            ``in_features`` and ``out_features`` are filled in; None: a linear one.
        dropout: Share of the pooled features that training sets to 0.
        mixing: How a training batch is mixed: arguments of
            :class:`~iclip.models.batch_mixing.BatchMixing` but for ``num_classes``; None: its
            defaults, which change nothing.
        data_preprocessor: See :class:`~iclip.models.data_preprocessor.BatchPreprocessor`.

    Raises:
        ValueError: There are fewer than two classes, or a setting is outside its range.
    """

    def __init__(
        self,
        backbone: dict[str, Any],
        num_classes: int,
        classifier: dict[str, Any] | None = None,
        dropout: float = 0.0,
        mixing: dict[str, Any] | None = None,
        data_preprocessor: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor=data_preprocessor)
        if num_classes < 2:
            raise ValueError(f"model.num_classes is {num_classes}; a classifier takes two or more")
        self.mixing = BatchMixing(num_classes, **(mixing or {}))
        self.dropout = nn.Dropout(dropout)
        self.classifier = (
            _linear_classifier(self.backbone.num_features, num_classes)
            if classifier is None
            else MODELS.build(
                dict(in_features=self.backbone.num_features, out_features=num_classes, **classifier)
            )
        )

    @property
    def class_texts(self) -> ClassTexts | None:
        """The class table of a classifier by words, which checkpoints store."""
        return getattr(self.classifier, "texts", None)

    def forward(
        self,
        inputs: Tensor,
        gt_labels: Tensor,
        token_ids: Tensor,
        caption_counts: Tensor | None = None,
        mode: str = "tensor",
        loss: Callable[..., dict[str, Tensor]] | None = None,
    ) -> dict[str, Tensor] | list[dict[str, Any]] | Tensor:
        """Mix the batch if losses are asked for; see :meth:`ImageMethod.forward`."""
        if mode == "loss":
            inputs, gt_labels = self.mixing(inputs, gt_labels)
        return super().forward(inputs, gt_labels, token_ids, caption_counts, mode, loss)

    def sample_losses(
        self, labelled: Tensor, class_embeds: Tensor | None, gt_labels: Tensor, rows: RowCounts
    ) -> dict[str, Tensor]:
        """Compute ``loss_cls``, the cross entropy with the classes' shares.

        Args:
            labelled: Features of the labelled images, (B_c, C).
            class_embeds: Not used.
            gt_labels: Shares of the classes, (B_c, N).
            rows: Numbers of rows in the step.
        """
        logits = self.classifier(self.dropout(labelled))
        return {"loss_cls": share_of_cross_entropy(logits, gt_labels, rows.labelled)}

    @torch.no_grad()
    def classify(self, images: Tensor) -> Tensor:
        """Predict the probability of each class.

        Args:
            images: uint8 (B, 3, H, W), RGB, as the transform of validation returns them.

        Returns:
            float32 (B, N), on the CPU; the model is in evaluation mode afterwards.
        """
        self.eval()
        inputs = self.data_preprocessor({"inputs": images})["inputs"]
        return self.classifier(self.encode_features(inputs)).float().softmax(dim=1).cpu()


def _linear_classifier(in_features: int, num_classes: int) -> LinearClassifier:
    """Make a linear classifier that starts as the original's."""
    classifier = LinearClassifier(in_features, num_classes)
    nn.init.trunc_normal_(classifier.weight, std=0.02)
    nn.init.zeros_(classifier.bias)
    return classifier
