"""Embeddings that a trained model might have: an image's texts are near it, among others."""

import torch
from torch import Tensor
from torch.nn import functional as F


def captioned_embeds(images: int, captions: int, channels: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw images and their texts.

    Args:
        images: Number of images I.
        captions: Texts per image.
        channels: Size D of the joint space.

    Returns:
        Image embeddings (I, D) and text embeddings (T, D), unit rows, and the row of each text's
        image (T,).
    """
    draw = torch.Generator().manual_seed(0)
    image_embeds = torch.randn(images, channels, generator=draw)
    image_of_text = torch.arange(images).repeat_interleave(captions)
    # So much noise that some texts are nearer to another image.
    noise = torch.randn(images * captions, channels, generator=draw)
    text_embeds = image_embeds[image_of_text] + 3 * noise
    return F.normalize(image_embeds, dim=-1), F.normalize(text_embeds, dim=-1), image_of_text
