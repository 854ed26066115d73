"""Tell which boxes of an annotation file mmdet's COCO and LVIS data sets keep, all at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CheckedBoxes:
    """Which annotations have a property; each array is (annotations,).

    Attributes:
        malformed: The ``bbox`` is not four numbers, or the ``area`` is not a number.
        not_finite: A number is NaN or infinite.
        outside: The box has no pixel in its image.
        thin: The box is narrower or lower than a pixel, or its ``area`` is not positive.
        ignored: The annotation is marked ``ignore``.
        crowds: The annotation is marked ``iscrowd``: it is kept but not learnt from.
        overhanging: The box is kept and reaches beyond its image by more than a pixel.
        kept: mmdet's data set keeps the box.
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
        annotations: COCO's annotations: ``image_id``, ``category_id``, ``bbox`` (x, y, width,
            height) in pixels, ``area``.
        sizes: Width and height of each image by its id.
        category_ids: Ids of the categories that the data set takes.
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
    """Turn rows of numbers into an array (rows, width); mark other rows and set them to zero."""
    try:
        array = np.array(values)
        if array.shape == (len(values), width) and array.dtype.kind in "iuf":
            return array.astype(float), np.zeros(len(values), dtype=bool)
    except (ValueError, OverflowError):  # rows of different lengths, or numbers beyond 64 bits
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
