"""Outlines of masks as polygons, as COCO and LVIS store them."""

import cv2
import numpy as np

_ENLARGEMENT = 4  # of the mask, each way, before it is traced
_TOLERANCE = 0.15  # largest error of a simplified outline, in image pixels


def mask_to_polygons(mask: np.ndarray, scale: float) -> list[list[float]]:
    """Trace the outer outlines of a mask.

    Args:
        mask: (H, W) bool.
        scale: Mask pixels per image pixel.

    Returns:
        x0, y0, x1, y1, ... per connected piece, in image pixels, where pixel (0, 0) covers
        [0, 1] x [0, 1]. Pieces too thin for three points are left out.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return []
    top, left = int(rows[0]), int(columns[0])
    crop = mask[top : rows[-1] + 1, left : columns[-1] + 1].astype(np.uint8)
    # findContours runs through the centers of the border pixels, half a pixel inside the outline,
    # which is little in an enlarged mask.
    large = np.kron(crop, np.ones((_ENLARGEMENT, _ENLARGEMENT), np.uint8))
    contours, _ = cv2.findContours(large, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    unit = _ENLARGEMENT * scale
    polygons = []
    for contour in contours:
        points = cv2.approxPolyDP(contour, _TOLERANCE * unit, closed=True)[:, 0, :]
        if len(points) >= 3:
            # From centers of the enlarged crop's pixels to the image's pixels.
            xy = (points + 0.5) / unit + np.array([left, top]) / scale
            polygons.append(np.round(xy, 2).ravel().tolist())
    return polygons


def bounding_box(polygons: list[list[float]]) -> list[float]:
    """Return x, y, width, height of the box around polygons."""
    points = np.concatenate([np.reshape(polygon, (-1, 2)) for polygon in polygons])
    low, high = points.min(axis=0), points.max(axis=0)
    return np.round([*low, *(high - low)], 2).tolist()
