"""UniCL: one contrastive matrix over images and texts of both kinds of data."""

import numpy as np
import torch
from torch import Tensor

from iclip.distributed import gather, gather_sizes, get_rank
from iclip.models.losses import LabelledPairEmbeds, unicl_loss
from iclip.models.methods.image_method import to_device
from iclip.models.methods.two_towers import TwoTowers
from iclip.registry import MODELS


@MODELS.register_module()
class UniCL(TwoTowers):
    """Supervised contrast in both directions (arXiv:2204.03610); each pair is a class of its own.

    A labelled image's text is its class text. Only the classes in the global batch are contrasted.
    """

    def loss(self, inputs: Tensor, gt_labels: Tensor, token_ids: Tensor) -> dict[str, Tensor]:
        """Compute ``loss_con`` over the images and texts of both sources in the global batch."""
        num_rows = len(gt_labels) + len(token_ids)
        sizes = gather_sizes(num_rows, inputs.device)
        first_row = sum(sizes[: get_rank()])
        # A pair's label is -1 minus its row in the global batch: negative, as no class's label is,
        # and different from that of every other pair on any rank.
        pair_labels = -1 - torch.arange(first_row, first_row + num_rows, device=inputs.device)
        labels = torch.cat([to_device(gt_labels, inputs), pair_labels[len(gt_labels) :]])  # B
        image_embeds = self.encode_image(inputs)
        text_embeds = self._encode_batch_texts(gt_labels, token_ids)
        pairs = gather(LabelledPairEmbeds(image_embeds, text_embeds, labels), sizes)
        return {"loss_con": self.loss_weight_con * self._global_mean(unicl_loss, num_rows, pairs)}

    def _encode_batch_texts(self, gt_labels: Tensor, token_ids: Tensor) -> Tensor:
        """Encode the labelled images' class texts, each class once, then the captions.

        Args:
            gt_labels: (B_c,) int64, on the CPU.
            token_ids: (B_p, L) int64.

        Returns:
            Unit rows, (B_c + B_p, D).
        """
        captions = [self.encode_text(token_ids)] if len(token_ids) else []
        if len(gt_labels) == 0:
            return captions[0]
        # The number of texts depends on the labels' values, so they are read on the CPU, in NumPy.
        # ``rows`` says which of the classes each image has.
        classes, rows = np.unique(gt_labels.tolist(), return_inverse=True)
        class_embeds = self.encode_class_subset(classes)  # classes, D
        rows_on_device = to_device(torch.from_numpy(rows), class_embeds)
        return torch.cat([class_embeds[rows_on_device], *captions])
