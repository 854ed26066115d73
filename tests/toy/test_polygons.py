import numpy as np
import pytest

from iclip.toy.polygons import bounding_box, mask_to_polygons


def rasterize(polygons: list[list[float]], height: int, width: int) -> np.ndarray:
    """Mark the pixels whose center an odd number of edges lies to the right of."""
    y, x = np.mgrid[:height, :width] + 0.5
    mask = np.zeros((height, width), bool)
    for flat in polygons:
        points = list(zip(flat[0::2], flat[1::2], strict=True))
        inside = np.zeros_like(mask)
        for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
            if y0 != y1:
                crosses = (np.minimum(y0, y1) <= y) & (y < np.maximum(y0, y1))
                inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        mask |= inside
    return mask


def test_square_gives_its_corners() -> None:
    mask = np.zeros((20, 20), bool)
    mask[4:12, 6:16] = True
    (polygon,) = mask_to_polygons(mask, scale=2)
    assert np.reshape(polygon, (-1, 2)).min(axis=0) == pytest.approx([3, 2], abs=0.1)
    assert np.reshape(polygon, (-1, 2)).max(axis=0) == pytest.approx([8, 6], abs=0.1)
    assert bounding_box([polygon]) == pytest.approx([3, 2, 5, 4], abs=0.2)


@pytest.mark.parametrize("scale", [1, 2])
def test_polygons_cover_the_mask(scale: int) -> None:
    y, x = np.mgrid[: 60 * scale, : 60 * scale] / scale
    mask = (np.hypot(x - 20, y - 30) < 12) | (np.hypot(x - 45, y - 20) < 9)
    mask &= abs(x - 20) > 1.5
    polygons = mask_to_polygons(mask, scale)
    assert len(polygons) == 3
    enlarged = [[scale * number for number in polygon] for polygon in polygons]
    found = rasterize(enlarged, *mask.shape)
    assert (found & mask).sum() / (found | mask).sum() > 0.95


def test_empty_mask_gives_no_polygon() -> None:
    assert mask_to_polygons(np.zeros((8, 8), bool), 2) == []
