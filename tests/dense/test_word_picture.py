"""The picture of an image beside its words."""

from pathlib import Path

import numpy as np
import pytest

from iclip.dense import word_picture
from iclip.dense.word_picture import draw_word_picture
from iclip.predictions.masks import encode
from iclip.predictions.prediction import Prediction
from iclip.tasks import SEGMENTATION


def prediction(labels: np.ndarray, classes: tuple[str, ...]) -> Prediction:
    present = [label for label in np.unique(labels).tolist() if label >= 0]
    size = (labels.shape[1], labels.shape[0])
    runs = encode(labels == label for label in present)
    return Prediction(SEGMENTATION, classes, np.array(present), runs=runs, size=size)


def test_each_half_has_its_words_color_and_the_rest_is_gray() -> None:
    labels = np.full((80, 120), -1)
    labels[:, :40], labels[:, 40:80] = 0, 1
    image = np.full((80, 120, 3), (250, 10, 10), np.uint8)
    picture = draw_word_picture(image, prediction(labels, ("sky", "background")))
    assert picture.shape[1] == 2 * 600  # enlarged by 5
    assert (picture[200, 300] == (250, 10, 10)).all()
    opacity = word_picture.OPACITY
    for column, color in ((700, word_picture.COLORS[0]), (900, word_picture.BACKGROUND_COLOR)):
        mixed = opacity * np.array(color) + (1 - opacity) * np.array((250, 10, 10))
        np.testing.assert_allclose(picture[200, column], mixed, atol=1.5)
    unsure = picture[50:350, 1050:1150]
    assert (np.ptp(unsure, axis=2) == 0).all() and len(np.unique(unsure)) == 2  # gray stripes


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 500), (700, 20), (700, 800)])
def test_any_size_and_many_words_are_drawn(height: int, width: int) -> None:
    classes = tuple(f"wörd ${i}_" for i in range(60))
    labels = np.arange(height * width).reshape(height, width) % 60
    picture = draw_word_picture(np.zeros((height, width, 3), np.uint8), prediction(labels, classes))
    assert picture.dtype == np.uint8 and picture.shape[1] >= word_picture.SIDE


@pytest.mark.parametrize("length", [4, 20, 200])
def test_no_name_is_cut(length: int) -> None:
    labels = np.tile(np.arange(4), (80, 15))
    classes = tuple(f"{'w' * length} {i}" for i in range(4))
    picture = draw_word_picture(np.zeros((80, 60, 3), np.uint8), prediction(labels, classes))
    legend = picture[640:]  # below the images, which are as high as the longer side
    assert (legend[:, :2] == 255).all() and (legend[:, -2:] == 255).all()
    swatches = (legend == word_picture.COLORS[0]).all(axis=2)
    assert swatches.any()


def test_nothing_sure_is_drawn(tmp_path: Path) -> None:
    labels = np.full((20, 20), -1)
    picture = draw_word_picture(np.zeros((20, 20, 3), np.uint8), prediction(labels, ("a", "b")))
    assert picture.shape[2] == 3
