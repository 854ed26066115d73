"""Outlines drawn as labels, compared with Pillow's drawing and with counted runs."""

from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_masks

from iclip.own_data.image_sizes import SizedImage
from iclip.own_data.masks.outlines import usable_outline
from iclip.own_data.masks.shapes import (
    Shape,
    ShapesMask,
    check_any_outline,
    masked_image,
    with_background,
)
from iclip.own_data.remarks import Remarks

WIDTH, HEIGHT = 20, 10


def rectangle(left: float, top: float, right: float, bottom: float) -> list[float]:
    return [left, top, right, top, right, bottom, left, bottom]


def drawn(*shapes: Shape) -> np.ndarray:
    return ShapesMask(WIDTH, HEIGHT, shapes).label_map()


def test_rectangle_covers_its_pixels():
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[2:5, 3:9] = 4
    assert (drawn(Shape(4, [rectangle(3, 2, 9, 5)])) == expected).all()


def test_polygons_of_an_object_are_joined():
    labels = drawn(Shape(1, [rectangle(0, 0, 2, 2), rectangle(5, 5, 7, 9)]))
    assert labels.sum() == 4 + 8


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_smaller_object_is_on_top(order: tuple[int, int]):
    shapes = (Shape(1, [rectangle(0, 0, 15, 9)]), Shape(2, [rectangle(3, 3, 6, 6)]))
    labels = drawn(*(shapes[at] for at in order))
    assert (labels[3:6, 3:6] == 2).all()
    assert (labels == 2).sum() == 9


def test_corners_outside_are_cut_at_the_edge():
    labels = drawn(Shape(1, [rectangle(-5, -5, 4, 3)]))
    assert labels.sum() == 12


def runs_of(pixels: np.ndarray) -> list[int]:
    """COCO's runs in loops: lengths of 0s and 1s by turns, down the columns."""
    counts, value, length = [], 0, 0
    for pixel in pixels.T.ravel():
        if pixel != value:
            counts.append(length)
            value, length = pixel, 0
        length += 1
    return [*counts, length]


@pytest.mark.parametrize("compressed", [False, True])
def test_run_lengths_cover_their_pixels(compressed: bool):
    pixels = np.random.default_rng(0).integers(0, 2, (HEIGHT, WIDTH), dtype=np.uint8)
    outline: dict[str, Any] = {"size": [HEIGHT, WIDTH], "counts": runs_of(pixels)}
    if compressed:
        outline["counts"] = coco_masks.encode(np.asfortranarray(pixels))["counts"].decode()
    usable = usable_outline(outline, WIDTH, HEIGHT)
    assert (drawn(Shape(5, usable)) == pixels * 5).all()


def test_background_comes_first_once():
    remarks = Remarks("data")
    assert with_background(["cat", "dog"], remarks) == (("background", "cat", "dog"), {0: 1, 1: 2})
    classes, labels = with_background(["cat", "Background", "dog"], remarks)
    assert classes == ("background", "cat", "dog")
    assert labels == {0: 1, 1: 0, 2: 2}


def test_more_classes_than_8_bits_hold_are_refused():
    with pytest.raises(ValueError, match=r"data: 256 classes; label maps have 8 bits"):
        with_background([str(number) for number in range(255)], Remarks("data"))


def test_objects_without_outlines_are_counted_or_an_error():
    remarks = Remarks("data")
    check_any_outline(3, remarks, ["annotation 7"])
    (omission,) = remarks.omissions()
    assert str(omission) == "1 object without an outline that can be drawn (annotation 7)"
    with pytest.raises(
        ValueError, match="data has no object with an outline, such as annotation 7"
    ):
        check_any_outline(0, remarks, ["annotation 7"])


def test_ignored_objects_are_drawn_and_not_counted():
    shapes = [Shape(255, [rectangle(0, 0, 2, 2)]), Shape(2, [rectangle(5, 5, 7, 7)])]
    sample = masked_image(SizedImage("a.jpg", WIDTH, HEIGHT), 1, shapes)
    assert sample.class_labels == (0, 2)
    assert set(np.unique(sample.mask.label_map())) == {0, 2, 255}
