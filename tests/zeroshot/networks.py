"""Networks around another one, which count what they embed or fail as memory and training do."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from iclip.zeroshot.embedding_model import ImageTextEmbedder


class Counting(nn.Module):
    """Notes how many images and texts each call embeds, ``images`` and ``texts``."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network: Any = network
        self.images: list[int] = []
        self.texts: list[int] = []

    def encode_image(self, images: Tensor) -> Tensor:
        self.images.append(len(images))
        return self.network.encode_image(images)

    def encode_text(self, ids: Tensor) -> Tensor:
        self.texts.append(len(ids))
        return self.network.encode_text(ids)


class SmallGpu(Counting):
    """Raises a GPU's error for more images or texts at a time than it holds."""

    def __init__(self, network: nn.Module, holds: int) -> None:
        super().__init__(network)
        self.holds = holds

    def encode_image(self, images: Tensor) -> Tensor:
        rows = super().encode_image(images)
        self._check(len(images))
        return rows

    def encode_text(self, ids: Tensor) -> Tensor:
        rows = super().encode_text(ids)
        self._check(len(ids))
        return rows

    def _check(self, count: int) -> None:
        if count > self.holds:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


class Killed(Counting):
    """Is interrupted at a batch, counted from 1; None: never."""

    def __init__(self, network: nn.Module, at_batch: int | None = None) -> None:
        super().__init__(network)
        self.at_batch = at_batch

    def encode_image(self, images: Tensor) -> Tensor:
        if len(self.images) + 1 == self.at_batch:
            raise KeyboardInterrupt
        return super().encode_image(images)


class NotFinite(nn.Module):
    """Answers images that are darker than ``bright``, or all texts, with NaN."""

    def __init__(self, network: nn.Module, bright: float = -torch.inf, texts: bool = False) -> None:
        super().__init__()
        self.network: Any = network
        self.bright, self.texts = bright, texts

    def encode_image(self, images: Tensor) -> Tensor:
        rows = self.network.encode_image(images)
        return rows.masked_fill(images.amax(dim=(1, 2, 3))[:, None] < self.bright, torch.nan)

    def encode_text(self, ids: Tensor) -> Tensor:
        rows = self.network.encode_text(ids)
        return rows * torch.nan if self.texts else rows


def with_network(model: ImageTextEmbedder, network: nn.Module) -> ImageTextEmbedder:
    """The same model around another network."""
    return replace(model, network=network, _hashed=None)
