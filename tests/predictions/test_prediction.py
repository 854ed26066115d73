"""One prediction: its arrays, what is kept of it, and its drawing."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.predictions.masks import encode
from tests.support.made_predictions import boxes, clip, label_map, segments


def test_names_follow_the_labels():
    assert boxes().names == ["bird, small", "cat"]
    assert len(boxes()) == 2


def test_label_map_is_put_together_of_the_masks():
    np.testing.assert_array_equal(segments().label_map, label_map())
    assert boxes().label_map is None


def test_masks_are_one_per_label():
    masks = segments().masks
    assert masks.dtype == bool and masks.shape == (2, 40, 60)
    np.testing.assert_array_equal(masks[0], label_map() == 1)
    assert boxes().masks is None
    assert segments(labels=np.zeros(0, int), runs=()).masks.shape == (0, 40, 60)


def test_shares_are_of_the_whole_image():
    np.testing.assert_allclose(segments().shares, [0.5, 0.25])
    assert clip().shares is None


def test_boxes_below_a_score_are_left_out_with_their_masks():
    masks = np.zeros((2, 100, 200), dtype=bool)
    masks[0, 20:80, 10:60] = True
    kept = boxes(runs=encode(masks)).above(0.9)  # a score that equals it stays
    assert kept.names == ["bird, small"]
    np.testing.assert_array_equal(kept.masks, masks[:1])
    assert not len(boxes().above(1.0))


def test_classes_stay_whatever_their_scores():
    assert len(clip().above(0.5)) == 3
    assert len(segments().above(0.5)) == 2


def test_best_are_the_first():
    assert clip().best(2).names == ["dog", "bird, small"]
    assert len(clip().best(9)) == 3


def test_repr_counts_the_classes():
    assert repr(boxes()) == "<Prediction a b: 1 bird, small, 1 cat>"
    assert repr(boxes().above(1.0)) == "<Prediction a b: nothing>"


def test_drawing_is_saved_in_the_format_of_the_suffix(tmp_path: Path):
    drawn = boxes(drawn=lambda _: np.full((4, 6, 3), 7, dtype=np.uint8))
    drawn.save(tmp_path / "new/a.png")
    with Image.open(tmp_path / "new/a.png") as picture:
        assert picture.size == (6, 4) and picture.format == "PNG"
        assert picture.getpixel((0, 0)) == (7, 7, 7)


def test_what_was_left_out_is_not_drawn():
    found = boxes(drawn=lambda shown: np.full((1, 1, 3), len(shown), dtype=np.uint8))
    assert [found.above(score).picture().max() for score in (0.0, 1.0)] == [2, 0]


def test_prediction_without_an_image_cannot_be_drawn(tmp_path: Path):
    with pytest.raises(ValueError, match="the prediction a b has no image to be drawn over"):
        boxes().save(tmp_path / "a.jpg")
