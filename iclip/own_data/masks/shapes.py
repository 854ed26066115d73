"""Masks that are stated as outlines: COCO's polygons and run lengths, YOLO's polygons.

Where objects overlap, the smaller one is on top: a hat counts, not the person below it. What no
object covers is ``background``, class 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco_masks

from iclip.files.orientation import lies_on_its_side
from iclip.messages import listing
from iclip.own_data.image_sizes import SizedImage
from iclip.own_data.masks.encoding import BACKGROUND
from iclip.own_data.masks.masked_image import (
    IGNORED,
    LabelMap,
    MaskedImage,
    check_class_count,
    turned,
)
from iclip.own_data.remarks import Remarks


@dataclass(frozen=True)
class Shape:
    """The outline of an object.

    Attributes:
        label: Its class.
        outline: Polygons, each a list x, y, x, y ... in pixels; or COCO's run lengths, a map with
            ``size`` and ``counts``, which are numbers. What `usable_outline` returned.
    """

    label: int
    outline: Any


@dataclass(frozen=True)
class ShapesMask:
    """A mask that is drawn from the outlines of objects.

    Attributes:
        width: Width in pixels.
        height: Height in pixels.
        shapes: The objects.
    """

    width: int
    height: int
    shapes: tuple[Shape, ...]
    in_place: None = None

    def label_map(self) -> LabelMap:
        """Draw the objects, the largest first."""
        labels = np.zeros((self.height, self.width), np.uint8)  # H, W
        covered = [(self._pixels(shape), shape.label) for shape in self.shapes]
        # The sort is stable: of equal ones, the later is on top.
        for pixels, label in sorted(covered, key=lambda entry: -np.count_nonzero(entry[0])):
            labels[pixels] = label
        return labels

    def state(self) -> str:
        """Return all outlines."""
        outlines = [(shape.label, shape.outline) for shape in self.shapes]
        return f"{self.width} {self.height} {outlines}"

    def _pixels(self, shape: Shape) -> np.ndarray:
        """Return which pixels an object covers (H, W), bool."""
        runs = shape.outline
        if isinstance(runs, list):  # polygons, whose union is the object
            runs = coco_masks.merge(coco_masks.frPyObjects(runs, self.height, self.width))
        else:
            runs = coco_masks.frPyObjects(runs, self.height, self.width)
        return coco_masks.decode(runs).astype(bool)


def masked_image(image: SizedImage, turn: int, shapes: Sequence[Shape]) -> MaskedImage:
    """Return an image with the mask that its objects' outlines draw.

    Args:
        image: The image.
        turn: By which orientation the outlines are to be turned, see `fitting_images`.
        shapes: The objects, in the pixels on which they were drawn (`drawn_size`).
    """
    mask = turned(ShapesMask(*drawn_size(image, turn), tuple(shapes)), turn)
    found = {0, *(shape.label for shape in shapes)} - {IGNORED}
    return MaskedImage(image.file, image.width, image.height, mask, tuple(sorted(found)))


def drawn_size(image: SizedImage, turn: int) -> tuple[int, int]:
    """Return width and height of the pixels on which outlines were drawn."""
    if lies_on_its_side(turn):
        return image.height, image.width
    return image.width, image.height


def with_background(
    classes: Sequence[str], remarks: Remarks
) -> tuple[tuple[str, ...], Mapping[int, int]]:
    """Put ``background`` before classes of objects, unless one of them is called so.

    Returns:
        Names of the classes, and the new label of each old one.

    Raises:
        ValueError: They are more than label maps can tell apart.
    """
    check_class_count(len(classes) + 1, remarks.place)
    named = [label for label, name in enumerate(classes) if name.lower() == BACKGROUND]
    others = [label for label in range(len(classes)) if label not in named]
    remarks.note(f"class 0 is {BACKGROUND!r}: all that no object covers; smaller objects on top")
    labels = {old: new for new, old in enumerate(others, start=1)} | dict.fromkeys(named, 0)
    return (BACKGROUND, *(classes[label] for label in others)), labels


def check_any_outline(count: int, remarks: Remarks, without: Sequence[str]) -> None:
    """Count objects without an outline.

    Raises:
        ValueError: No object has one.
    """
    if not count:
        shown = f", such as {listing(list(without), 1)}" if without else ""
        raise ValueError(
            f"{remarks.place} has no object with an outline{shown}: segmentation needs polygons or "
            "masks; boxes are for detection"
        )
    remarks.leave_out("objects without an outline that can be drawn", without)
