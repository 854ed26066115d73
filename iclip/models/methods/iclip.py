"""iCLIP: image classification and image-text pre-training as one task."""

from torch import Tensor

from iclip.models.methods.two_towers import TwoTowers
from iclip.registry import MODELS


@MODELS.register_module()
class ICLIP(TwoTowers):
    """Classifies labelled images by the texts of their classes, and contrasts pairs (CVPR 2023).

    ``class_prompts.variant`` decides what the text tower reads of a class: its name alone, or its
    name and its dictionary description.
    """

    def loss(self, inputs: Tensor, gt_labels: Tensor, token_ids: Tensor) -> dict[str, Tensor]:
        """Compute ``loss_cls`` over all classes and ``loss_con`` over the global batch's pairs."""
        image_embeds = self.encode_image(inputs)  # B_c + B_p, D
        labelled, paired = image_embeds.split([len(gt_labels), len(token_ids)])
        return {
            **self._classification_loss(labelled, gt_labels),
            **self._contrastive_loss(paired, token_ids),
        }
