"""Masks that LabelMe's brush draws: an image of the pixels in a box, inside the JSON file."""

import base64
import binascii
import io
from typing import Any

import numpy as np
from PIL import Image

from iclip.own_data.stated_sizes import Size

_FORMATS = ("PNG",)
# What a file states is not believed without bound: places in the image have to fit 64 bits.
_MOST_PIXELS = 2**40


def brushed_runs(points: Any, encoded: Any, size: Size | None) -> dict[str, Any] | None:
    """Return a brushed mask as COCO's run lengths; None if it is damaged.

    Args:
        points: The box, (left, top) and (right, bottom), of which the last pixels belong to it.
        encoded: A PNG of the box in base64, not 0 where the object is.
        size: Width and height of the image; without them there are no run lengths.
    """
    if size is None or not isinstance(encoded, str):
        return None
    try:
        (left, top), (right, bottom) = ((int(x), int(y)) for x, y in points)
    except (TypeError, ValueError, OverflowError):
        return None
    width, height = size
    if width * height > _MOST_PIXELS or not (
        0 <= left <= right < width and 0 <= top <= bottom < height
    ):
        return None
    box = _decoded(encoded, (right - left + 1, bottom - top + 1))
    if box is None:
        return None
    # Down the columns, as COCO counts; the image itself, of any stated size, is not built.
    x, y = np.nonzero(box.T)
    return {
        "size": [height, width],
        "counts": _runs((x + left) * height + y + top, width * height),
    }


def _decoded(encoded: str, size: Size) -> np.ndarray | None:
    """Return which pixels of a box an object covers (H, W), bool; None if it is not such a PNG."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(encoded)), formats=_FORMATS) as image:
            return np.asarray(image.convert("L")) > 0 if image.size == size else None
    except (binascii.Error, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _runs(covered: np.ndarray, total: int) -> list[int]:
    """Count pixels, in turns those that are not covered and those that are.

    Args:
        covered: Ascending places of the covered ones (N,).
        total: Number of all.
    """
    if not covered.size:
        return [total]
    breaks = np.diff(covered) > 1
    starts = covered[np.concatenate(([True], breaks))]
    ends = covered[np.concatenate((breaks, [True]))] + 1
    edges = np.stack((starts, ends), axis=1).ravel()
    counts: list[int] = np.diff(np.concatenate(([0], edges, [total]))).tolist()
    return counts
