"""Masks of LabelMe's brush become the run lengths that pycocotools draws."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_masks

from iclip.own_data.masks.brush import brushed_runs

SIZE = (20, 12)  # width, height


def encoded(pixels: np.ndarray, format: str = "PNG") -> str:
    """A mask as labelme writes it: a PNG of one bit per pixel, in base64."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format)
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize("box", [(3, 2, 9, 7), (0, 0, 19, 11), (19, 11, 19, 11), (0, 4, 5, 4)])
def test_pixels_of_the_box_are_covered(box: tuple[int, int, int, int]):
    left, top, right, bottom = box
    drawn = np.random.default_rng(0).random((bottom - top + 1, right - left + 1)) < 0.6
    drawn[0, 0] = True
    runs = brushed_runs([[left, top], [right, bottom]], encoded(drawn), SIZE)
    assert runs is not None
    decoded = coco_masks.decode(coco_masks.frPyObjects(runs, SIZE[1], SIZE[0]))
    expected = np.zeros((SIZE[1], SIZE[0]), bool)
    expected[top : bottom + 1, left : right + 1] = drawn  # labelme, utils/shape.py
    np.testing.assert_array_equal(decoded.astype(bool), expected)


FULL = np.ones((3, 4), bool)


@pytest.mark.parametrize(
    ("points", "mask", "size"),
    [
        ([[0, 0], [3, 2]], encoded(FULL), None),
        ([[0, 0], [3, 2]], None, SIZE),
        ([[0, 0], [3, 2]], "no base64 !", SIZE),
        ([[0, 0], [3, 2]], base64.b64encode(b"no image").decode(), SIZE),
        ([[0, 0], [3, 2]], encoded(FULL, "BMP"), SIZE),
        ([[0, 0], [3, 3]], encoded(FULL), SIZE),  # another size than the box
        ([[18, 0], [21, 2]], encoded(FULL), SIZE),  # out of the image
        ([[0, 0], [3, 2]], encoded(FULL), (10**9, 10**9)),
        ([[-1, 0], [2, 2]], encoded(FULL), SIZE),
        ([[0, 0]], encoded(FULL), SIZE),
        ([["a", 0], [3, 2]], encoded(FULL), SIZE),
        ([[float("nan"), 0], [3, 2]], encoded(FULL), SIZE),
        (None, encoded(FULL), SIZE),
        ([[0, 0], [3, 2]], encoded(FULL)[:60], SIZE),
    ],
)
def test_damaged_mask_cannot_be_drawn(points: Any, mask: Any, size: Any):
    assert brushed_runs(points, mask, size) is None
