"""The sample of segmentation: an image, and a mask that says which class each pixel has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from iclip.files.orientation import UPRIGHT, turned_upright

LabelMap = NDArray[np.uint8]  # H, W
# The label of pixels that neither train nor count, mmseg's default for `ignore_index`.
IGNORED = 255
_MOST_CLASSES = 255


class Mask(Protocol):
    """What knows the label of each pixel of an image."""

    @property
    def in_place(self) -> str | None:
        """The file whose values are the labels already; None if a label map has to be written."""

    def label_map(self) -> LabelMap:
        """Return the labels (H, W); 255 is ignored."""

    def state(self) -> str:
        """Return a text that differs if the labels may differ."""


@dataclass(frozen=True)
class TurnedMask:
    """A mask that was drawn on an image as it is stored, turned upright.

    Attributes:
        stored: The mask as it was drawn.
        orientation: The image's, see :mod:`iclip.files.orientation`.
    """

    stored: Mask
    orientation: int
    in_place: None = None

    def label_map(self) -> LabelMap:
        """Return the labels (H, W) of the upright image."""
        return turned_upright(self.stored.label_map(), self.orientation)

    def state(self) -> str:
        """Return the stored mask's, and how it is turned."""
        return f"{self.stored.state()} turned {self.orientation}"


def check_class_count(count: int, place: str) -> None:
    """Check that labels of so many classes fit into 8 bits.

    Raises:
        ValueError: They do not; ``place`` begins the message.
    """
    if count > _MOST_CLASSES:
        raise ValueError(
            f"{place}: {count:,} classes; label maps have 8 bits, of which 255 is ignored, so at "
            f"most {_MOST_CLASSES} are possible. Put classes together, or leave some out"
        )


def turned(mask: Mask, orientation: int) -> Mask:
    """Return a mask that was drawn on an image as it is stored, turned as the image is."""
    return mask if orientation == UPRIGHT else TurnedMask(mask, orientation)


@dataclass(frozen=True)
class RelabelledMask:
    """A mask with other labels.

    Attributes:
        former: The mask with its former labels.
        labels: The new label of each former one; what is ignored stays so.
    """

    former: Mask
    labels: tuple[int, ...]
    in_place: None = None

    def label_map(self) -> LabelMap:
        """Return the new labels (H, W)."""
        table = np.full(IGNORED + 1, IGNORED, np.uint8)
        table[: len(self.labels)] = self.labels
        return table[self.former.label_map()]

    def state(self) -> str:
        """Return the former mask's, and the new labels."""
        return f"{self.former.state()} as {self.labels}"


@dataclass(frozen=True)
class MaskedImage:
    """An image and the class of each of its pixels.

    Attributes:
        file: The image, an absolute path.
        width: Width in pixels, upright.
        height: Height in pixels, upright.
        mask: Of the same size.
        class_labels: Labels that occur in the mask, each once.
    """

    SAMPLES: ClassVar[str] = "images"
    LABELLED: ClassVar[str] = "images"

    file: str
    width: int
    height: int
    mask: Mask
    class_labels: tuple[int, ...]

    def relabelled(self, labels: Sequence[int]) -> "MaskedImage":
        """Return the image with ``labels[label]`` in place of each label of its mask."""
        found = tuple(sorted(labels[label] for label in self.class_labels))
        return replace(self, mask=RelabelledMask(self.mask, tuple(labels)), class_labels=found)
