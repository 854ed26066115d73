"""The layout of a picture of panels, and what is drawn into it."""

import warnings

import numpy as np
import pytest

from iclip.engine.validation_picture import DPI, draw_panels
from iclip.panels import Box, Panel

RED, BLUE = (255, 0, 0), (0, 0, 255)


def plain(color: tuple[int, int, int], height: int = 60, width: int = 80, **more) -> Panel:
    image = np.full((height, width, 3), color, dtype=np.uint8)
    return Panel(image, **({"title": "a title"} | more))


def center_of(picture: np.ndarray, color: tuple[int, int, int]) -> tuple[float, float]:
    """Row and column of the middle of a color's pixels."""
    rows, columns = np.nonzero((picture == color).all(axis=2))
    assert len(rows) > 1000
    return rows.mean(), columns.mean()


def test_panels_of_a_sample_stand_side_by_side():
    picture = draw_panels([[plain(RED), plain(BLUE)]], "a picture")
    (red_row, red_column), (blue_row, blue_column) = (center_of(picture, c) for c in (RED, BLUE))
    assert abs(red_row - blue_row) < 2 and red_column < blue_column


def test_samples_stand_below_each_other():
    green, black = (0, 255, 0), (0, 0, 0)
    picture = draw_panels([[plain(RED), plain(BLUE)], [plain(green), plain(black)]], "a picture")
    (red_row, red_column), (green_row, green_column) = (center_of(picture, c) for c in (RED, green))
    assert red_row < green_row and abs(red_column - green_column) < 2


def test_single_panels_share_a_row():
    picture = draw_panels([[plain(RED)], [plain(BLUE)]], "a picture")
    (red_row, red_column), (blue_row, blue_column) = (center_of(picture, c) for c in (RED, BLUE))
    assert abs(red_row - blue_row) < 2 and red_column < blue_column


def test_strips_of_frames_stand_below_each_other():
    strips = [[plain(color, height=20)] for color in (RED, BLUE)]
    picture = draw_panels(strips, "a picture")
    (red_row, _), (blue_row, _) = (center_of(picture, c) for c in (RED, BLUE))
    assert red_row < blue_row


def test_boxes_are_drawn_where_they_are():
    """The outline of the right half of an image."""
    half = Box((40, 0, 80, 60), "x", RED)
    white = (255, 255, 255)
    without = draw_panels([[plain(white), plain(BLUE)]], "a picture")
    drawn = draw_panels([[plain(white, boxes=(half,)), plain(BLUE)]], "a picture")
    columns = np.nonzero((drawn == RED).all(axis=2) & ~(without == RED).all(axis=2))[1]
    left, right = columns.min(), columns.max()
    # The image begins as far left of the box as the box is wide.
    assert left == pytest.approx(right / 2, abs=15)


@pytest.mark.parametrize("right", [True, False, None])
def test_right_and_wrong_are_told_by_color(right: bool | None):
    first = draw_panels([[plain(BLUE, right=right)]], "a picture")
    others = [r for r in (True, False, None) if r is not right]
    assert all((draw_panels([[plain(BLUE, right=r)]], "a picture") != first).any() for r in others)


def test_any_name_can_be_drawn():
    names = ["$x_1", "a" * 5000, "line\nend", "", "grüner Baum"]
    boxes = tuple(Box((0, 0, 9, 9), name, RED) for name in names)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = draw_panels([[plain(BLUE, title=name, boxes=boxes)] for name in names], "100 $")
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("size", [(1, 3000), (3000, 1), (1, 1)])
def test_extreme_shapes_do_not_make_extreme_pictures(size: tuple[int, int]):
    picture = draw_panels([[plain(RED, *size), plain(BLUE)]], "a picture")
    assert max(picture.shape) < 40 * DPI
