"""UniCL: one contrastive matrix over images and texts of both kinds of data."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from iclip.distributed import gather, get_rank
from iclip.models.losses import LabelledPairEmbeds, unicl_loss
from iclip.models.methods.image_method import to_device
from iclip.models.methods.two_towers import TwoTowers
from iclip.models.step_rows import BatchEmbeds, RowCounts
from iclip.registry import MODELS


@MODELS.register_module()
class UniCL(TwoTowers):
    """Supervised contrast in both directions (arXiv:2204.03610); each pair is a class of its own.

    A labelled image's text is its class text. Only the classes in the global batch are contrasted.
    """

    contrasts_labelled = True

    def encode_class_texts(self, gt_labels: Sequence[Tensor], rows: RowCounts) -> Tensor | None:
        """Encode the labelled images' class texts, (B_c, D), each class once on this rank."""
        if not any(rows.labelled):
            return None
        # The number of texts depends on the labels' values, so they are read on the CPU, in NumPy.
        # ``row`` says which of the classes each image has.
        labels = [label for part in gt_labels for label in part.tolist()]
        classes, row = np.unique(np.array(labels, dtype=np.int64), return_inverse=True)
        class_embeds = self.encode_class_subset(classes)  # classes, D
        return class_embeds[to_device(torch.from_numpy(row), class_embeds)]

    def batch_losses(
        self,
        embeds: BatchEmbeds,
        class_embeds: Tensor | None,
        gt_labels: Tensor,
        rows: RowCounts,
    ) -> dict[str, Tensor]:
        """Compute ``loss_con`` over the images and texts of both sources in the global batch."""
        sizes = [sum(both) for both in zip(*rows, strict=True)]
        images = torch.cat([embeds.labelled, embeds.paired])  # B_c + B_p, D
        texts = embeds.captions
        if class_embeds is not None:
            texts = torch.cat([class_embeds, texts])  # B_c + B_p, D
        # A pair's label is -1 minus its row in the global batch: negative, as no class's label is,
        # and different from that of every other pair on any rank.
        first_row = sum(sizes[: get_rank()])
        pair_labels = -1 - torch.arange(first_row, first_row + len(images), device=images.device)
        labels = torch.cat([to_device(gt_labels, images), pair_labels[len(gt_labels) :]])
        pairs = gather(LabelledPairEmbeds(images, texts, labels), sizes)
        return {"loss_con": self.loss_weight_con * self._global_mean(unicl_loss, sizes, pairs)}
