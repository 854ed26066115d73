"""Predictions as plain values, and back."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iclip.predictions.masks import encode
from iclip.predictions.prediction import Prediction
from iclip.predictions.records import as_record, from_record, newest_records
from tests.support.made_predictions import CLASSES, boxes, clip, label_map, segments


def again(prediction: Prediction) -> Prediction:
    """Write a prediction to JSON and read it."""
    record = json.loads(json.dumps(as_record(prediction)))
    source = {"file": str(prediction.file), "seconds": prediction.seconds}
    return from_record({**record, **source}, prediction.task, CLASSES, prediction.title)


def test_record_of_boxes_has_names_scores_and_tenths_of_pixels():
    assert as_record(boxes(boxes=np.array([[10, 20, 60, 80], [0.04, 0.06, 200, 100]]))) == {
        "labels": ["bird, small", "cat"],
        "scores": [0.9, 0.25],
        "boxes": [[10.0, 20.0, 60.0, 80.0], [0.0, 0.1, 200.0, 100.0]],
        "size": [200, 100],
    }


def test_record_of_a_video_has_the_likeliest_classes():
    many = tuple(f"class {number}" for number in range(9))
    scores = np.linspace(0.3, 0.1, 9, dtype=np.float32)
    record = as_record(clip(classes=many, labels=np.arange(9), scores=scores))
    assert record == {"labels": list(many[:5]), "scores": [0.3, 0.275, 0.25, 0.225, 0.2]}


def test_record_of_pixels_has_shares_and_masks():
    record = as_record(segments())
    assert record["labels"] == ["dog", "cat"] and record["shares"] == [0.5, 0.25]
    assert record["masks"] == list(segments().runs)


def test_segments_of_one_class_are_joined():
    labels = label_map()
    halves = [
        (labels == 1) & (np.arange(60) < 15),
        labels == 0,
        (labels == 1) & (np.arange(60) > 14),
    ]
    record = as_record(segments(labels=np.array([1, 0, 1]), runs=encode(halves)))
    assert record["labels"] == ["dog", "cat"] and record["shares"] == [0.5, 0.25]
    assert record["masks"] == list(segments().runs)


@pytest.mark.parametrize(
    "made",
    [
        boxes(), boxes(seconds=1.5), segments(), clip(),
        boxes(runs=encode(np.ones((2, 100, 200), dtype=bool))),
        boxes(labels=np.zeros(0, int), scores=np.zeros(0), boxes=np.zeros((0, 4))),
        segments(labels=np.zeros(0, int), runs=()),
    ],
    ids=["boxes", "frame", "pixels", "video", "masks", "no boxes", "no pixels"],
)  # fmt: skip
def test_record_comes_back(made: Prediction):
    found = again(made)
    assert (found.names, found.size, found.runs) == (made.names, made.size, made.runs)
    assert (found.file, found.seconds, found.title) == (made.file, made.seconds, made.title)
    for name in ("labels", "scores", "boxes"):
        expected = getattr(made, name)
        if expected is None:
            assert getattr(found, name) is None
        else:
            np.testing.assert_allclose(getattr(found, name), expected, atol=0.051)


def test_name_that_two_classes_have_stands_for_the_first():
    record = {**as_record(clip()), "file": "c.mp4"}
    assert from_record(record, "video", ("dog", "bird, small", "cat", "dog"), "c").labels[0] == 0


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"labels": ["cat"], "scores": [1], "boxes": [[0, 0, 1, 1]]}, "lacks 'size'"),
        ({"labels": ["cat"], "shares": [1], "size": [2, 2]}, "lacks 'masks'"),
        ({"labels": ["cow"], "scores": [1]}, "lacks 'cow'"),
    ],
)
def test_record_of_an_earlier_version_is_refused(record: dict[str, Any], told: str):
    with pytest.raises(ValueError, match=f"the record of a {told}: it is of an earlier version"):
        from_record({**record, "file": str(Path("a.jpg"))}, "detection", CLASSES, "a")


def test_last_record_of_a_file_counts():
    records: dict[str, dict[str, Any]] = {
        "a.jpg": {"file": "a.png"}, "b.jpg": {"file": "b.png"}, "a_2.jpg": {"file": "a.png"},
        "v_1.jpg": {"file": "v.mp4", "seconds": 1.0}, "v_2.jpg": {"file": "v.mp4", "seconds": 2.0},
    }  # fmt: skip
    assert list(newest_records(records)) == ["b.jpg", "a_2.jpg", "v_1.jpg", "v_2.jpg"]
