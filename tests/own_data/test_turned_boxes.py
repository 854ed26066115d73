import numpy as np
import pytest

from iclip.files.orientation import lies_on_its_side, turned_upright
from iclip.own_data.image_sizes import SizedImage
from iclip.own_data.turned_boxes import turn_boxes_of, turned_boxes, turned_points

HEIGHT, WIDTH = 7, 11


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_turn_as_the_pixels_do(orientation: int) -> None:
    left, top, width, height = 2, 1, 4, 3
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[top : top + height, left : left + width] = 1
    upright = turned_upright(pixels, orientation)
    rows, columns = np.nonzero(upright)
    box = np.array([[left, top, width, height]], dtype=float)
    (turned,) = turned_boxes(box, upright.shape[1], upright.shape[0], orientation).tolist()
    expected_size = (columns.max() - columns.min() + 1, rows.max() - rows.min() + 1)
    assert turned == [columns.min(), rows.min(), *expected_size]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_points_turn_as_the_pixels_do(orientation: int) -> None:
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[1, 8] = 1
    upright = turned_upright(pixels, orientation)
    ((row,), (column,)) = np.nonzero(upright)
    center = np.array([[8.5, 1.5]])
    turned = turned_points(center, upright.shape[1], upright.shape[0], orientation)
    assert turned.tolist() == [[column + 0.5, row + 0.5]]


def test_only_boxes_of_turned_images_change() -> None:
    boxes = np.array([[1.0, 2, 3, 4], [1, 2, 3, 4]])
    images = [SizedImage("a", 20, 10), SizedImage("b", 20, 10)]
    assert lies_on_its_side(6)
    turn_boxes_of(boxes, np.array([1, 0]), images, [6, 1])
    assert boxes[0].tolist() == [1, 2, 3, 4]
    assert boxes[1].tolist() == [20 - 2 - 4, 1, 4, 3]
