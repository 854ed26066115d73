"""Images of a data set, decoded and transformed; one that cannot be read does not stop the rest."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from iclip.zeroshot.image_readers import ImageReader, content_key


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

    def __init__(self, reader: ImageReader, transform: Callable[[Image.Image], Tensor]) -> None:
        self.reader, self.transform = reader, transform

    def __len__(self) -> int:
        return len(self.reader)

    def __getitem__(self, index: int) -> DecodedImage:
        """Read an image once: the key is that of the bytes that are decoded."""
        try:
            content = self.reader.content(index)
            image = self.transform(self.reader.decode(content))
        except Exception as error:  # decoders raise errors of many types
            return DecodedImage(index, b"", None, self._why(index, error))
        return DecodedImage(index, content_key(content), image, None)

    def _why(self, index: int, error: Exception) -> Unread:
        name = self.reader.name(index)
        if isinstance(error, FileNotFoundError):
            return Unread(f"{name} (no such file)", True)
        reason = (getattr(error, "strerror", None) or str(error) or repr(error)).splitlines()[0]
        return Unread(f"{name} ({reason})", False)


def stack_readable(decoded: list[DecodedImage]) -> DecodedBatch:
    """Make a batch of images, with the readable ones in one tensor.

    It is one tensor because each tensor that a data worker hands over costs an open file.
    """
    # B x (3, H, W) -> B, 3, H, W
    images = [one.image for one in decoded if one.image is not None]
    return DecodedBatch(
        {one.number: one.key for one in decoded if one.image is not None},
        torch.stack(images) if images else None,
        {one.number: one.unread for one in decoded if one.unread is not None},
    )
