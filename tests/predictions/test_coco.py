"""Predictions as a COCO file, read by pycocotools."""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from iclip.predictions.coco import as_coco, write_coco
from iclip.predictions.masks import encode
from tests.support.made_predictions import CLASSES, boxes, clip, segments


@contextlib.contextmanager
def quiet():
    with contextlib.redirect_stdout(io.StringIO()):
        yield


def read(folder: Path) -> COCO:
    with quiet():
        return COCO(str(folder / "coco.json"))


def test_file_has_what_was_predicted(tmp_path: Path):
    made = [boxes(), boxes(file=Path("d.jpg"), title="d")]
    assert write_coco(made, CLASSES, tmp_path) == tmp_path / "coco.json"
    assert json.loads((tmp_path / "coco.json").read_text()) == as_coco(made, CLASSES)
    truth = read(tmp_path)
    assert [truth.cats[key]["name"] for key in sorted(truth.cats)] == list(CLASSES)
    assert [truth.imgs[key]["file_name"] for key in sorted(truth.imgs)] == ["in/a b.jpg", "d.jpg"]
    first, second = truth.loadAnns(truth.getAnnIds(imgIds=[1]))
    assert first["bbox"] == [10, 20, 50, 60] and first["category_id"] == 3
    assert second["bbox"] == [0.5, 0, 199.5, 100] and second["area"] == 19950
    assert (first["score"], second["score"]) == (0.9, 0.25)


def test_annotations_are_results_that_reach_full_precision(tmp_path: Path):
    """Held against themselves as ground truth, the results find every box."""
    write_coco([boxes(), boxes(title="d")], CLASSES, tmp_path)
    truth = read(tmp_path)
    with quiet():
        results = truth.loadRes(json.loads((tmp_path / "coco.json").read_text())["annotations"])
        scores = COCOeval(truth, results, "bbox")
        scores.evaluate()
        scores.accumulate()
        scores.summarize()
    assert scores.stats[0] == pytest.approx(1)


def test_masks_are_run_lengths(tmp_path: Path):
    masks = np.zeros((2, 100, 200), dtype=bool)
    masks[0, 20:80, 10:60] = True
    masks[1, 50:, :] = True
    write_coco([boxes(runs=encode(masks)), segments()], CLASSES, tmp_path)
    truth = read(tmp_path)
    found = truth.loadAnns(truth.getAnnIds(imgIds=[1]))
    for annotation, mask in zip(found, masks, strict=True):
        np.testing.assert_array_equal(truth.annToMask(annotation), mask)
        assert annotation["area"] == mask.sum()


def test_classes_of_pixels_are_boxed_and_certain(tmp_path: Path):
    write_coco([segments()], CLASSES, tmp_path)
    truth = read(tmp_path)
    dog, cat = truth.loadAnns(truth.getAnnIds())
    assert (dog["category_id"], dog["bbox"], dog["score"]) == (2, [0, 0, 30, 40], 1.0)
    assert cat["bbox"] == [30, 10, 30, 20]
    np.testing.assert_array_equal(truth.annToMask(dog), segments().masks[0])


def test_image_without_boxes_is_listed():
    content = as_coco([boxes().above(1.0)], CLASSES)
    assert len(content["images"]) == 1 and content["annotations"] == []


def test_frames_and_arrays_go_by_their_titles():
    images = as_coco([boxes(seconds=1.5, title="v_1"), boxes(file=None)], CLASSES)["images"]
    assert images[0]["file_name"] == "v_1.jpg"
    assert (images[0]["video"], images[0]["seconds"]) == ("in/a b.jpg", 1.5)
    assert images[1]["file_name"] == "a b.jpg" and "video" not in images[1]


def test_ids_are_unique():
    content = as_coco([boxes(), boxes(), segments()], CLASSES)
    assert [entry["id"] for entry in content["annotations"]] == [1, 2, 3, 4, 5, 6]
    assert {entry["image_id"] for entry in content["annotations"]} == {1, 2, 3}
    assert clip().boxes is None
