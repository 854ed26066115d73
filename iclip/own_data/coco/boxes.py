"""The boxes of COCO's annotations."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from iclip.own_data.boxes import BoxedImage, BoxTable, Floats, boxed_images
from iclip.own_data.coco.content import CocoPart
from iclip.own_data.remarks import Remarks
from iclip.own_data.turned_boxes import turn_boxes_of

_HINT = "bbox is left, top, width, height in pixels: is it x1, y1, x2, y2, or in fractions?"


def boxed_part(
    part: CocoPart, remarks: Remarks, details: Sequence[Mapping[str, Any]] | None = None
) -> list[BoxedImage]:
    """Make the samples of one part.

    Args:
        part: Its images and annotations.
        remarks: Receives which boxes were left out or clipped.
        details: What is kept of each image besides its boxes.

    Raises:
        ValueError: More than a tenth of the boxes is odd in the same way.
    """
    boxes, malformed = _as_boxes([entry.get("bbox") for entry in part.objects])
    names = [part.name(row) for row in np.flatnonzero(malformed)]
    remarks.leave_out("annotations without four numbers as bbox", names, len(boxes), _HINT)
    rows = np.array(part.rows, dtype=np.int64)
    turn_boxes_of(boxes, rows, part.images, part.turns)
    table = BoxTable(
        images=rows,
        labels=np.array(part.labels, dtype=np.int64),
        boxes=boxes,
        crowd=np.array([bool(_number(e.get("iscrowd"), 0.0)) for e in part.objects], dtype=bool),
        areas=np.array([_number(entry.get("area")) for entry in part.objects], dtype=float),
        name=part.name,
        hint=_HINT,
    )
    return boxed_images(part.images, table.of(~malformed), remarks, details)


def _as_boxes(values: Sequence[Any]) -> tuple[Floats, np.ndarray]:
    """Turn what files have as ``bbox`` into (N, 4), and tell which are something else."""
    # NumPy converts millions of well-formed rows at once; only other files are read row by row.
    try:
        array = np.array(values)
        if array.shape == (len(values), 4) and array.dtype.kind in "iuf":
            return array.astype(float), np.zeros(len(values), dtype=bool)
    except (ValueError, OverflowError):  # rows of different lengths, numbers beyond 64 bits
        pass
    rows = [_four_numbers(value) for value in values]
    boxes = np.array([row or (0.0,) * 4 for row in rows], dtype=float).reshape(-1, 4)
    return boxes, np.array([row is None for row in rows], dtype=bool)


def _four_numbers(value: Any) -> tuple[float, ...] | None:
    """Read four numbers, which may be written as texts; None for anything else."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    try:
        return tuple(float(number) for number in value)
    except (TypeError, ValueError, OverflowError):
        return None


def _number(value: Any, other: float = float("nan")) -> float:
    """Read a number, which may be written as a text."""
    try:
        return other if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        return other
