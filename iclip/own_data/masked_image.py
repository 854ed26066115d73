"""The sample of segmentation: an image, and a mask that says which class each pixel has."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from iclip.files.orientation import turned_upright

LabelMap = NDArray[np.uint8]  # H, W
# The label of pixels that neither train nor count, mmseg's default for `ignore_index`.
IGNORED = 255


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
