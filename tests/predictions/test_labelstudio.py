"""Predictions as Label Studio's tasks: percent of the sides, as its documentation says."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest

from iclip.predictions.labelstudio import as_labelstudio, write_labelstudio
from iclip.predictions.masks import encode
from tests.support.made_predictions import CLASSES, boxes, clip, segments


def test_boxes_are_rectangles_in_percent():
    (task,) = as_labelstudio([boxes()], model="mine")
    (prediction,) = task["predictions"]
    assert prediction["model_version"] == "mine" and prediction["score"] == 0.9
    first, second = prediction["result"]
    assert first["value"] == {
        "x": 5, "y": 20, "width": 25, "height": 60, "rotation": 0,
        "rectanglelabels": ["bird, small"],
    }  # fmt: skip
    assert (first["original_width"], first["original_height"]) == (200, 100)
    assert (first["type"], first["from_name"], first["to_name"]) == (
        "rectanglelabels", "label", "image",
    )  # fmt: skip
    assert second["score"] == 0.25
    value = second["value"]
    back = np.array([value["x"], value["y"], value["width"], value["height"]]) / 100
    np.testing.assert_allclose(back * (200, 100, 200, 100), [0.5, 0, 199.5, 100], atol=1e-3)


@pytest.mark.parametrize("kind", ["boxes", "pixels"])
def test_masks_are_polygons_in_percent(kind: str):
    masks = np.zeros((2, 100, 200), dtype=bool)
    masks[:, 20:80, 10:60] = True
    made = boxes(runs=encode(masks)) if kind == "boxes" else segments()
    results = as_labelstudio([made])[0]["predictions"][0]["result"]
    assert {result["type"] for result in results} == {"polygonlabels"}
    points = np.array(results[0]["value"]["points"])
    expected = [[5, 20], [30, 80]] if kind == "boxes" else [[0, 0], [50, 100]]
    np.testing.assert_allclose([points.min(0), points.max(0)], expected, atol=1)
    assert ("score" in results[0]) == (kind == "boxes")


def test_video_has_its_likeliest_class():
    (task,) = as_labelstudio([clip()])
    (result,) = task["predictions"][0]["result"]
    assert result["value"] == {"choices": ["dog"]} and result["to_name"] == "video"
    assert list(task["data"]) == ["video"]
    assert task["predictions"][0]["score"] == 0.7


def test_files_are_named_below_the_document_root():
    file = Path("/data/#1 & 50%/a +b.jpg")
    address = urlparse(as_labelstudio([boxes(file=file)])[0]["data"]["image"])
    assert address.path == "/data/local-files/" and address.fragment == ""
    # As the server reads it: decoded once.
    assert parse_qs(address.query) == {"d": [str(file)[1:]]}
    (task,) = as_labelstudio([boxes(file=None)], prefix="s3://bucket/")
    assert task["data"]["image"] == "s3://bucket/a b.jpg"


def test_ids_differ():
    tasks = as_labelstudio([boxes(), segments()])
    ids = [result["id"] for task in tasks for result in task["predictions"][0]["result"]]
    assert len(ids) == len(set(ids)) == 4


def test_file_holds_the_tasks(tmp_path: Path):
    made = [boxes(), boxes().above(1.0)]
    path = write_labelstudio(made, CLASSES, tmp_path)
    assert json.loads(path.read_text()) == as_labelstudio(made)
