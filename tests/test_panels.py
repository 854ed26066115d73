"""Panels of pictures: sizes, colors, and which prediction counts as right."""

import numpy as np
import pytest

from iclip.panels import classified_panel, color_of, reduced

IMAGE = np.zeros((4, 6, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((960, 480), (480, 240)),
        ((100, 700), (69, 480)),
        ((480, 10), (480, 10)),
        ((1, 5000), (1, 480)),
    ],
)
def test_longer_side_is_reduced(size: tuple[int, int], expected: tuple[int, int]):
    assert reduced(np.zeros((*size, 3), dtype=np.uint8)).shape == (*expected, 3)


def test_reduced_image_is_the_mean_of_its_parts():
    image = np.arange(4 * 8 * 3, dtype=np.uint8).reshape(4, 8, 3)
    expected = image.reshape(2, 2, 4, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(reduced(image, side=4), expected, atol=0.51)


def test_classes_have_colors_of_their_own():
    assert len({color_of(label) for label in range(255)}) == 255
    assert all(0 <= value < 256 for label in range(3000) for value in color_of(label))


def panel(*scores: float, label: int = 1):
    return classified_panel(IMAGE, np.array(scores), label, ["cat", "dog", "eel", "fox"])


def test_title_has_the_class_and_the_three_likeliest():
    assert panel(0.1, 0.6, 0.05, 0.25).title == "dog\npredicted: dog 0.60, fox 0.25, cat 0.10"
    assert panel(0.3, 0.7, label=0).title == "cat\npredicted: dog 0.70, cat 0.30"


@pytest.mark.parametrize(
    ("scores", "right"),
    [
        ((0.1, 0.9), True),
        ((0.9, 0.1), False),
        ((0.5, 0.5), False),
        ((np.nan, np.nan), False),
        ((0.1, np.nan), False),
    ],
)
def test_equal_scores_and_scores_that_are_no_numbers_are_not_right(
    scores: tuple[float, ...], right: bool
):
    assert panel(*scores).right is right
