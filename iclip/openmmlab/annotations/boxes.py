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
        crowds: The annotation is marked ``iscrowd``: it is kept but not learned from.
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
    boxes, odd_boxes = _as_array([annotation["bbox"] for annotation in annotations])  # (N, 4)
    areas, odd_areas = _as_array([[annotation["area"]] for annotation in annotations], width=1)
    malformed = odd_boxes | odd_areas
    finite = np.isfinite(boxes).all(axis=1) & np.isfinite(areas[:, 0])
    image_sizes = [sizes.get(annotation["image_id"]) for annotation in annotations]
    of_unlisted_image = np.array([size is None for size in image_sizes], dtype=bool)
    # The reshape keeps two columns where there are no annotations.
    limits = np.array([size or (0, 0) for size in image_sizes], dtype=float).reshape(-1, 2)
    # NaN and infinite numbers may be among the boxes; `finite` sorts them out below.
    with np.errstate(invalid="ignore", over="ignore"):
        left, top, width, height = boxes.T
        # Sides of what the box and its image have in common; not positive if they are apart.
        across = np.minimum(left + width, limits[:, 0]) - np.maximum(left, 0)
        down = np.minimum(top + height, limits[:, 1]) - np.maximum(top, 0)
        # One pixel is left for rounding.
        before_start = (boxes[:, :2] < -1).any(axis=1)
        after_end = (boxes[:, :2] + boxes[:, 2:] > limits + 1).any(axis=1)
        thin = (width < 1) | (height < 1) | (areas[:, 0] <= 0)
    outside = ((across <= 0) | (down <= 0)) & ~thin
    ignored = _marked(annotations, "ignore")
    chosen = set(category_ids)
    in_chosen = np.array([annotation["category_id"] in chosen for annotation in annotations], bool)
    usable = finite & ~malformed & ~of_unlisted_image & in_chosen
    kept = usable & ~outside & ~thin & ~ignored
    return CheckedBoxes(
        malformed=malformed,
        not_finite=~finite & ~malformed,
        outside=outside & usable & ~ignored,
        thin=thin & usable & ~ignored,
        ignored=ignored,
        crowds=kept & _marked(annotations, "iscrowd"),
        overhanging=kept & (before_start | after_end),
        kept=kept,
    )


def _as_array(values: Sequence[Any], width: int = 4) -> tuple[npt.NDArray[np.float64], Rows]:
    """Turn rows of numbers into an array (rows, width); mark other rows and set them to zero."""
    # NumPy converts millions of well-formed rows at once; only other files are read row by row.
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
        # In Python, True and False are integers.
        and all(isinstance(side, int | float) and not isinstance(side, bool) for side in value)
    )


def _marked(annotations: Sequence[Mapping[str, Any]], key: str) -> Rows:
    return np.array([bool(annotation.get(key, False)) for annotation in annotations], dtype=bool)
