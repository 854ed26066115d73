"""Outlines that can be drawn, and what is kept away from the library that draws them."""

from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_masks

from iclip.own_data.masks.outlines import usable_outline

WIDTH, HEIGHT = 20, 10


@pytest.mark.parametrize(
    "outline",
    [
        None,
        [],
        "polygon",
        [[]],
        [[1, 1, 5, 5]],
        [[1, 1, 5, 5, 2]],
        [[1, 1, 5, 5, 2, float("nan")]],
        [[1, 1, 5, 5, 2, float("inf")]],
        [[1, 1, 5, 5, 2, "3"]],
        [[1, 1, 1e12, 5, 2, 3]],
        [1, 1, 5, 5, 2, 3],
        {},
        {"size": [WIDTH, HEIGHT], "counts": [WIDTH * HEIGHT]},
        {"size": [HEIGHT, WIDTH], "counts": [WIDTH * HEIGHT + 1]},
        {"size": [HEIGHT, WIDTH], "counts": [-1, WIDTH * HEIGHT + 1]},
        {"size": [HEIGHT, WIDTH], "counts": None},
        {"size": [HEIGHT, WIDTH], "counts": "\x00\x01"},
        {"size": [HEIGHT, WIDTH], "counts": "é"},
    ],
)
def test_outline_that_cannot_be_drawn_is_none(outline: Any):
    assert usable_outline(outline, WIDTH, HEIGHT) is None


def test_run_lengths_beyond_the_image_are_none():
    large = coco_masks.encode(np.ones((99, 99), np.uint8, order="F"))["counts"].decode()
    outline = {"size": [HEIGHT, WIDTH], "counts": large}
    assert usable_outline(outline, WIDTH, HEIGHT) is None


def test_good_polygons_of_an_object_are_kept():
    good = [0, 0, 3, 0, 3, 3]
    assert usable_outline([good, [1, 1, 2, 2]], WIDTH, HEIGHT) == [good]


@pytest.mark.parametrize("seed", range(20))
def test_compressed_run_lengths_are_those_of_pycocotools(seed: int):
    draw = np.random.default_rng(seed)
    pixels = np.asfortranarray(draw.random((90, 70)) < draw.random()).astype(np.uint8, order="F")
    runs = coco_masks.encode(pixels)
    usable = usable_outline({"size": [90, 70], "counts": runs["counts"].decode()}, 70, 90)
    assert usable is not None
    theirs = coco_masks.decode(coco_masks.frPyObjects(usable, 90, 70))
    assert (theirs == pixels).all()
