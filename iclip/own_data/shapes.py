"""Masks that are stated as outlines: COCO's polygons and run lengths, YOLO's polygons.

Where objects overlap, the smaller one is on top: a hat counts, not the person below it. What no
object covers is ``background``, class 0.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco_masks

from iclip.messages import listing
from iclip.own_data.mask_encoding import BACKGROUND
from iclip.own_data.masked_image import LabelMap
from iclip.own_data.remarks import Remarks

# Numbers of a polygon of three corners.
_SMALLEST_POLYGON = 6
# Of the last bits of a number of 64.
_LARGEST_SHIFT = 60


@dataclass(frozen=True)
class Shape:
    """The outline of an object.

    Attributes:
        label: Its class.
        outline: Polygons, each a list x, y, x, y ... in pixels; or COCO's run lengths, a map with
            ``size`` and ``counts``, which are numbers. See `usable_outline`.
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


def usable_outline(outline: Any, width: int, height: int) -> Any | None:
    """Return what of an outline can be drawn; None if nothing can.

    A polygon of fewer than three corners is dropped, and so is one with corners that are not
    numbers or lie further outside of the image than it is wide: drawing it would fill the memory.
    """
    if isinstance(outline, Mapping):
        return _usable_runs(outline, width, height)
    if not isinstance(outline, Sequence) or isinstance(outline, str):
        return None
    polygons = [polygon for polygon in outline if _is_polygon(polygon, width, height)]
    return polygons or None


def with_background(
    classes: Sequence[str], remarks: Remarks
) -> tuple[tuple[str, ...], Mapping[int, int]]:
    """Put ``background`` before classes of objects, unless one of them is called so.

    Returns:
        Names of the classes, and the new label of each old one.
    """
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


def _is_polygon(polygon: Any, width: int, height: int) -> bool:
    if not isinstance(polygon, Sequence) or isinstance(polygon, str):
        return False
    if len(polygon) < _SMALLEST_POLYGON or len(polygon) % 2:
        return False
    if not all(isinstance(number, int | float) and math.isfinite(number) for number in polygon):
        return False
    across, down = polygon[::2], polygon[1::2]
    return (
        min(across) >= -width
        and max(across) <= 2 * width
        and min(down) >= -height
        and max(down) <= 2 * height
    )


def _usable_runs(outline: Mapping[str, Any], width: int, height: int) -> Any | None:
    """Return run lengths as a list of numbers; None if they do not fill the image exactly."""
    size, counts = outline.get("size"), outline.get("counts")
    if not isinstance(size, Sequence) or list(size) != [height, width]:
        return None
    runs = _decompressed(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(isinstance(run, int) and run >= 0 for run in runs):
        return None
    return {"size": [height, width], "counts": runs} if sum(runs) == width * height else None


def _decompressed(counts: str) -> list[int] | None:
    """Read COCO's compressed run lengths (pycocotools, ``rleFrString``); None if damaged.

    A character holds five bits, lowest first, and a sixth that says whether the number goes on.
    From the fourth number on, they are differences to the last but one. Read here, their sum is
    known before anything is drawn.
    """
    runs: list[int] = []
    number, shift = 0, 0
    for character in counts:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > _LARGEST_SHIFT:
            return None
        number |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:  # negative
            number -= 1 << shift
        runs.append(number + (runs[-2] if len(runs) > 2 else 0))
        number, shift = 0, 0
    return runs if shift == 0 else None
