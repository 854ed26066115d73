"""Boxes of an annotation file as mmdet's COCO and LVIS data sets take them, all at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CheckedBoxes:
    """What becomes of each annotation, each array (annotations,).

    Attributes:
        malformed: Their ``bbox`` is not four numbers.
        not_finite: A number of theirs is NaN or infinite.
        outside: They have no pixel in their image.
        thin: They are narrower or lower than a pixel, or their ``area`` is not positive.
        ignored: They are marked ``ignore``.
        crowds: They are marked ``iscrowd``: kept, and nothing is learnt from them.
        overhanging: They are kept and reach beyond the image by more than a pixel.
        kept: mmdet's data set keeps them.
    """

    malformed: Rows
    not_finite: Rows
    outside: Rows
    thin: Rows
    ignored: Rows
    crowds: Rows
    overhanging: Rows
    kept: Rows


def check_boxes(
    annotations: Sequence[Mapping[str, Any]],
    sizes: Mapping[Any, tuple[float, float]],
    category_ids: Sequence[Any],
) -> CheckedBoxes:
    """Apply the rules of mmdet's ``parse_data_info``.

    Args:
        annotations: COCO's: ``image_id``, ``category_id``, ``bbox`` (x, y, width, height) in
            pixels, ``area``.
        sizes: Width and height of each image by its id.
        category_ids: Of the categories that the data set takes.
    """
    boxes, malformed = _as_array([annotation["bbox"] for annotation in annotations])
    areas, no_area = _as_array([[annotation["area"]] for annotation in annotations], width=1)
    malformed = malformed | no_area
    finite = np.isfinite(boxes).all(axis=1) & np.isfinite(areas[:, 0])
    of_image = [sizes.get(annotation["image_id"]) for annotation in annotations]
    stray = np.array([size is None for size in of_image], dtype=bool)
    limits = np.array([size or (0, 0) for size in of_image], dtype=float).reshape(-1, 2)
    with np.errstate(invalid="ignore", over="ignore"):
        left, top, width, height = boxes.T
        across = np.minimum(left + width, limits[:, 0]) - np.maximum(left, 0)
        down = np.minimum(top + height, limits[:, 1]) - np.maximum(top, 0)
        beyond = (boxes[:, :2] < -1).any(axis=1) | (boxes[:, :2] + boxes[:, 2:] > limits + 1).any(
            axis=1
        )
        thin = (width < 1) | (height < 1) | (areas[:, 0] <= 0)
    outside = ((across <= 0) | (down <= 0)) & ~thin
    ignored = _marked(annotations, "ignore")
    chosen = set(category_ids)
    taken = np.array([annotation["category_id"] in chosen for annotation in annotations], bool)
    usable = finite & ~malformed & ~stray & taken
    kept = usable & ~outside & ~thin & ~ignored
    return CheckedBoxes(
        malformed=malformed,
        not_finite=~finite & ~malformed,
        outside=outside & usable & ~ignored,
        thin=thin & usable & ~ignored,
        ignored=ignored,
        crowds=kept & _marked(annotations, "iscrowd"),
        overhanging=kept & beyond,
        kept=kept,
    )


def _as_array(values: Sequence[Any], width: int = 4) -> tuple[npt.NDArray[np.float64], Rows]:
    """Turn rows of numbers into an array; rows that are something else are zero and marked."""
    try:
        array = np.array(values)
        if array.shape == (len(values), width) and array.dtype.kind in "iuf":
            return array.astype(float), np.zeros(len(values), dtype=bool)
    except (ValueError, OverflowError):  # rows of several lengths, or numbers beyond 64 bits
        pass
    malformed = np.array([not _is_row(value, width) for value in values], dtype=bool)
    rows = [[0.0] * width if bad else row for row, bad in zip(values, malformed, strict=True)]
    return np.array(rows, dtype=float).reshape(-1, width), malformed


def _is_row(value: Any, width: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == width
        and all(isinstance(side, int | float) and not isinstance(side, bool) for side in value)
    )


def _marked(annotations: Sequence[Mapping[str, Any]], key: str) -> Rows:
    return np.array([bool(annotation.get(key, False)) for annotation in annotations], dtype=bool)
