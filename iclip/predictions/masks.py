"""Masks as COCO's run lengths and as polygons."""

from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_masks

RunLengths = dict[str, Any]
"""COCO's compressed run lengths: ``size`` (height, width) and ``counts``, a text."""

Polygon = npt.NDArray[np.float64]
"""Corners (K, 2), x and y in pixels; the image's upper left corner is (0, 0)."""


def encode(masks: Iterable[npt.NDArray[np.bool_]]) -> tuple[RunLengths, ...]:
    """Encode masks, each (H, W)."""
    found = [coco_masks.encode(np.asfortranarray(mask, dtype=np.uint8)) for mask in masks]
    return tuple({"size": list(code["size"]), "counts": code["counts"].decode()} for code in found)


def decode(codes: Sequence[RunLengths], height: int, width: int) -> npt.NDArray[np.bool_]:
    """Decode run lengths to masks (N, H, W)."""
    if not codes:
        return np.zeros((0, height, width), dtype=bool)
    # H, W, N -> N, H, W
    return coco_masks.decode(list(codes)).astype(bool).transpose(2, 0, 1)


def areas(codes: Sequence[RunLengths]) -> npt.NDArray[np.int64]:
    """Count the pixels of masks (N,)."""
    return np.asarray(coco_masks.area(list(codes)) if codes else (), dtype=np.int64)


def extents(codes: Sequence[RunLengths]) -> npt.NDArray[np.float32]:
    """Return the boxes (N, 4) around masks: x1, y1, x2, y2 in pixels."""
    if not codes:
        return np.zeros((0, 4), dtype=np.float32)
    x, y, width, height = np.asarray(coco_masks.toBbox(list(codes)), dtype=np.float32).T
    return np.stack([x, y, x + width, y + height], axis=1)


def polygons(code: RunLengths) -> list[Polygon]:
    """Trace the outlines of a mask's connected parts; holes are filled.

    The outline lies a quarter of a pixel within the pixels' outer edges.
    """
    mask = coco_masks.decode(code)
    # OpenCV's corners are centers of pixels; in a mask of twice the size, these lie on the edges.
    twice = mask.repeat(2, axis=0).repeat(2, axis=1)
    contours, _ = cv2.findContours(twice, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    # K, 1, 2 -> K, 2; the center of a half pixel lies a quarter of a pixel from its edges.
    return [(contour[:, 0].astype(np.float64) + 0.5) / 2 for contour in contours]
