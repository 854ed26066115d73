"""iCLIP: image classification and image-text pre-training as one task."""

from collections.abc import Sequence

from torch import Tensor

from iclip.models.losses import class_text_loss
from iclip.models.methods.image_method import to_device
from iclip.models.methods.two_towers import TwoTowers
from iclip.models.step_rows import RowCounts
from iclip.registry import MODELS


@MODELS.register_module()
class ICLIP(TwoTowers):
    """Classifies labelled images by the texts of their classes, and contrasts pairs (CVPR 2023).

    ``class_prompts.variant`` decides what the text tower reads of a class: its name alone, or its
    name and its dictionary description.
    """

    def encode_class_texts(self, gt_labels: Sequence[Tensor], rows: RowCounts) -> Tensor | None:
        """Encode all classes, (N, D); None if no rank has labelled images."""
        return self.encode_classes() if any(rows.labelled) else None

    def sample_losses(
        self, labelled: Tensor, class_embeds: Tensor | None, gt_labels: Tensor, rows: RowCounts
    ) -> dict[str, Tensor]:
        """Compute the labelled images' ``loss_cls`` against all classes."""
        if class_embeds is None:
            return {}
        targets = to_device(gt_labels, labelled)
        loss = self._global_mean(class_text_loss, rows.labelled, labelled, class_embeds, targets)
        return {"loss_cls": self.loss_weight_cls * loss}
