"""Pictures of a data set, decoded and transformed; one that cannot be read stops nothing."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset


class LabelledPictures(Protocol):
    """What torchvision's data sets offer."""

    def __len__(self) -> int:
        """Number of pictures."""

    def __getitem__(self, index: int) -> tuple[Image.Image, Any]:
        """A picture and its label."""


class DecodedPicture(NamedTuple):
    """A picture by its number in the data set: transformed, or None with the reason."""

    number: int
    image: Tensor | None
    label: Any
    reason: str


class DecodedBatch(NamedTuple):
    """Pictures by their numbers in the data set: images (B, 3, H, W) of those that can be read."""

    numbers: list[int]
    images: Tensor | None
    labels: list[Any]
    broken: dict[int, str]


class DecodedPictures(Dataset[DecodedPicture]):
    """A data set's pictures through a model's transform."""

    def __init__(
        self, pictures: LabelledPictures, transform: Callable[[Image.Image], Tensor]
    ) -> None:
        self.pictures, self.transform = pictures, transform

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> DecodedPicture:
        try:
            picture, label = self.pictures[index]
            return DecodedPicture(index, self.transform(picture.convert("RGB")), label, "")
        except Exception as error:  # Pillow and the data sets have types of their own
            reason = (str(error) or repr(error)).splitlines()[0]
            return DecodedPicture(index, None, None, f"number {index}: {reason}")


def stack_readable(pictures: list[DecodedPicture]) -> DecodedBatch:
    """Make a batch, of one tensor: a decoding process opens a file for each that it hands over."""
    good = [(p.number, p.image, p.label) for p in pictures if p.image is not None]
    broken = {p.number: p.reason for p in pictures if p.image is None}
    if not good:
        return DecodedBatch([], None, [], broken)
    numbers, images, labels = zip(*good, strict=True)
    return DecodedBatch(list(numbers), torch.stack(images), list(labels), broken)
