"""Symmetric contrastive loss over the pairs of the global batch."""

import torch
from torch import Tensor
from torch.nn import functional as F


def contrastive_loss(
    image_embeds: Tensor,
    text_embeds: Tensor,
    all_image_embeds: Tensor,
    all_text_embeds: Tensor,
    first_row: int,
    logit_scale: Tensor,
) -> Tensor:
    """This rank's rows of CLIP's symmetric InfoNCE (arXiv:2103.00020, figure 3).

    The sum, not the mean, over this rank's pairs: the caller divides by the global number.

    Args:
        image_embeds: Unit rows of this rank's images, (B, D).
        text_embeds: Unit rows of this rank's texts, (B, D); row i belongs to image i.
        all_image_embeds: Every rank's images in rank order, (G, D).
        all_text_embeds: Every rank's texts in rank order, (G, D).
        first_row: Where this rank's rows start among the G.
        logit_scale: Log of the inverse temperature, scalar.

    Returns:
        Scalar, in nats: half of image-to-text plus half of text-to-image.
    """
    scale = logit_scale.exp()
    targets = torch.arange(first_row, first_row + len(image_embeds), device=image_embeds.device)
    image_to_text = F.cross_entropy(
        scale * image_embeds @ all_text_embeds.T, targets, reduction="sum"
    )
    text_to_image = F.cross_entropy(
        scale * text_embeds @ all_image_embeds.T, targets, reduction="sum"
    )
    return (image_to_text + text_to_image) / 2
