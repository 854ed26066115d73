"""Images of a data set, decoded and transformed; one that cannot be read does not stop the rest."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from iclip.zeroshot.pictures import Pictures, content_key


class Unread(NamedTuple):
    """Why an image could not be read: its name with the reason, and whether its file is missing."""

    reason: str
    is_missing: bool


class DecodedImage(NamedTuple):
    """An image by its number in the data set: its key and its pixels, or why it has none."""

    number: int
    key: bytes
    image: Tensor | None
    unread: Unread | None


class DecodedBatch(NamedTuple):
    """Images by their numbers in the data set, and pixels (B, 3, H, W) of the readable ones."""

    keys: dict[int, bytes]
    images: Tensor | None
    unread: dict[int, Unread]


class DecodedImages(Dataset[DecodedImage]):
    """The images of a data set after a model's transform."""

    def __init__(self, pictures: Pictures, transform: Callable[[Image.Image], Tensor]) -> None:
        self.pictures, self.transform = pictures, transform

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> DecodedImage:
        """Read an image once: the key is that of the bytes that are decoded."""
        try:
            content = self.pictures.content(index)
            image = self.transform(self.pictures.decode(content))
        except Exception as error:  # decoders raise errors of many types
            return DecodedImage(index, b"", None, self._why(index, error))
        return DecodedImage(index, content_key(content), image, None)

    def _why(self, index: int, error: Exception) -> Unread:
        name = self.pictures.name(index)
        if isinstance(error, FileNotFoundError):
            return Unread(f"{name} (no such file)", True)
        reason = (getattr(error, "strerror", None) or str(error) or repr(error)).splitlines()[0]
        return Unread(f"{name} ({reason})", False)


def stack_readable(pictures: list[DecodedImage]) -> DecodedBatch:
    """Make a batch with one tensor: each tensor that a worker hands over costs an open file."""
    images = [picture.image for picture in pictures if picture.image is not None]
    return DecodedBatch(
        {picture.number: picture.key for picture in pictures if picture.image is not None},
        torch.stack(images) if images else None,
        {picture.number: picture.unread for picture in pictures if picture.unread is not None},
    )
