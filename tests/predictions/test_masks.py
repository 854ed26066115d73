"""Masks as run lengths and as polygons, held against pycocotools."""

import numpy as np
import pytest
from pycocotools import mask as coco_masks

from iclip.predictions.masks import areas, decode, encode, extents, polygons


@pytest.fixture
def masks() -> np.ndarray:
    return np.random.default_rng(0).random((3, 7, 5)) < 0.5


def test_masks_come_back(masks: np.ndarray):
    codes = encode(masks)
    np.testing.assert_array_equal(decode(codes, 7, 5), masks)
    assert codes[0]["size"] == [7, 5] and isinstance(codes[0]["counts"], str)
    assert decode((), 7, 5).shape == (0, 7, 5)


def test_areas_count_pixels(masks: np.ndarray):
    np.testing.assert_array_equal(areas(encode(masks)), masks.sum((1, 2)))
    assert areas(()).shape == (0,)


def test_extents_are_corners():
    mask = np.zeros((1, 10, 20), dtype=bool)
    mask[0, 2:5, 4:11] = True
    np.testing.assert_array_equal(extents(encode(mask)), [[4, 2, 11, 5]])
    assert extents(()).shape == (0, 4)


def rasterized(corners: list[np.ndarray], height: int, width: int) -> np.ndarray:
    flat = [polygon.reshape(-1).tolist() for polygon in corners]
    return coco_masks.decode(coco_masks.merge(coco_masks.frPyObjects(flat, height, width)))


def test_outline_holds_the_mask():
    rows, columns = np.mgrid[:60, :80]
    disc = (rows - 25) ** 2 + (columns - 40) ** 2 < 20**2
    square = (rows > 50) & (columns < 9)
    (code,) = encode([disc | square])
    found = polygons(code)
    assert len(found) == 2
    drawn = rasterized(found, 60, 80).astype(bool)
    overlap = (drawn & (disc | square)).sum() / (drawn | disc | square).sum()
    assert overlap > 0.97


def test_rectangle_keeps_its_sides_to_a_quarter_of_a_pixel():
    mask = np.zeros((30, 40), dtype=bool)
    mask[5:20, 10:31] = True
    ((corners,),) = [polygons(encode([mask])[0])]
    np.testing.assert_allclose(corners.min(0), [10, 5], atol=0.25)
    np.testing.assert_allclose(corners.max(0), [31, 20], atol=0.25)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
def test_thin_parts_have_an_area(shape: tuple[int, int]):
    mask = np.zeros((12, 12), dtype=bool)
    mask[2 : 2 + shape[0], 2 : 2 + shape[1]] = True
    ((corners,),) = [polygons(encode([mask])[0])]
    assert len(corners) >= 3
    assert (np.ptp(corners, axis=0) >= 0.5).all()


def test_empty_mask_has_no_outline():
    assert polygons(encode([np.zeros((4, 4), dtype=bool)])[0]) == []
