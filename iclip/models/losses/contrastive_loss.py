"""Symmetric contrastive loss over the pairs of the global batch."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from iclip.distributed import Gathered


class PairEmbeds(NamedTuple):
    """Embeddings of image-text pairs.

    Attributes:
        image_embeds: One unit row per pair, (B, D).
        text_embeds: Unit rows in the same order, (B, D).
    """

    image_embeds: Tensor
    text_embeds: Tensor


def contrastive_loss(pairs: Gathered[PairEmbeds], logit_scale: Tensor) -> Tensor:
    """Sum this rank's rows of CLIP's symmetric InfoNCE (arXiv:2103.00020, figure 3).

    Args:
        pairs: B pairs of this rank, (B, D), and G pairs of all ranks, (G, D).
        logit_scale: Log of the inverse temperature, scalar.

    Returns:
        Scalar: the mean of the image-to-text and the text-to-image sums.
    """
    local, everywhere = pairs.local, pairs.everywhere
    scale = logit_scale.exp()
    # The positive of row i is its own pair, which is row first_row + i of the global batch.
    end = pairs.first_row + len(local.image_embeds)
    targets = torch.arange(pairs.first_row, end, device=local.image_embeds.device)  # B
    image_to_text = scale * local.image_embeds @ everywhere.text_embeds.T  # B, G
    text_to_image = scale * local.text_embeds @ everywhere.image_embeds.T  # B, G
    return (
        F.cross_entropy(image_to_text, targets, reduction="sum")
        + F.cross_entropy(text_to_image, targets, reduction="sum")
    ) / 2
