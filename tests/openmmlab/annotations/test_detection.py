"""Faults of detection's annotation files, each found before the start and named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import iclip.openmmlab  # noqa: F401  (before mmdet)

from iclip.openmmlab.annotations import check_annotations  # isort: skip
from tests.support.odd_annotations import (  # isort: skip
    fault_of_detection,
    Content,
    coco_content,
    detection,
    lvis_content,
    only,
    repeat,
    write_image,
)


@pytest.mark.parametrize("kind", ["LVISV1Dataset", "CocoDataset"])
def test_correct_file_has_no_findings(kind: str, tmp_path: Path):
    content = lvis_content(tmp_path) if kind == "LVISV1Dataset" else coco_content(tmp_path)
    own = {} if kind == "LVISV1Dataset" else dict(metainfo=dict(classes=("cat", "dog")))
    findings = check_annotations(detection(tmp_path, content, kind, **own))
    assert (findings.problems, findings.notes) == ((), ())
    expected = f"{kind} {tmp_path}/train.json: 2 images, 2 boxes, 2 categories"
    assert str(findings.read["train"]) == expected


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (repeat("categories", id=3), "names of categories that occur more than once: 1 (cat)"),
    ],
)
def test_fault_is_named_and_counted(spoil: Callable[[Content], Any], told: str, tmp_path: Path):
    assert told in fault_of_detection(spoil, tmp_path)


def test_all_faults_of_a_file_are_in_one_message(tmp_path: Path):
    content = lvis_content(tmp_path, count=4)
    content["annotations"][0]["image_id"] = 8
    content["annotations"][1]["bbox"] = [1, 2, float("inf"), 4]
    (tmp_path / "val2017/3.jpg").unlink()
    write_image(tmp_path / "val2017/4.jpg", width=30)
    problem = only(check_annotations(detection(tmp_path, content, num_classes=7)).problems)
    for part in (
        "annotations of images that the file does not list: 1",
        "boxes with NaN or infinite numbers: 1",
        "missing images: 1",
        "images of another size than the file says, of 3 looked at: 1",
    ):
        assert part in problem


def test_number_of_categories_is_compared_with_the_models(tmp_path: Path):
    cfg = detection(tmp_path, lvis_content(tmp_path), num_classes=1203)
    problem = only(check_annotations(cfg).problems)
    assert "it has 2 categories, the model 1203 classes: set model.roi_head.bbox_head" in problem


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (dict(min_size=200), "no image is left: 2 images with a side below 200 (val2017/1.jpg)"),
        (dict(filter_empty_gt=True), "no image is left: 2 images without boxes (val2017/1.jpg)"),
    ],
)
def test_empty_data_set_says_why(settings: dict[str, Any], told: str, tmp_path: Path):
    content = lvis_content(tmp_path)
    content["annotations"] = [] if "filter_empty_gt" in settings else content["annotations"]
    problem = only(check_annotations(detection(tmp_path, content, filter_cfg=settings)).problems)
    assert told in problem
    assert "See train_dataloader.dataset.dataset.filter_cfg" in problem


def test_images_without_boxes_are_counted(tmp_path: Path):
    content = lvis_content(tmp_path, count=3)
    content["annotations"].pop()
    kept = check_annotations(detection(tmp_path, content)).read["train"]
    assert "3 images, 2 boxes, 2 categories, 1 image without boxes" in str(kept)
    cfg = detection(tmp_path, content, filter_cfg=dict(filter_empty_gt=True))
    dropped = check_annotations(cfg).read["train"]
    assert "2 images, 2 boxes, 2 categories; left out: 1 image without boxes" in str(dropped)


def test_missing_file_is_named(tmp_path: Path):
    cfg = detection(tmp_path, lvis_content(tmp_path))
    (tmp_path / "train.json").unlink()
    told = only(check_annotations(cfg).problems)
    assert "train.json (train_dataloader.dataset.dataset.ann_file)\n" in told
    assert "there is no such file: correct ann_file or data_root" in told


def test_missing_root_is_left_to_the_check_of_paths(tmp_path: Path):
    cfg = detection(tmp_path, lvis_content(tmp_path), data_root=str(tmp_path / "absent"))
    assert check_annotations(cfg).problems == ()


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        (
            ("cat", "bird"),
            "metainfo.classes that are not categories: 1 (bird); the file's are cat, dog",
        ),
        ("cat", "dataset.metainfo.classes='cat' is a text: write ('cat',)"),
        (None, "metainfo.classes that are not categories: 78 ("),
    ],
)
def test_classes_must_be_categories_of_the_file(classes: Any, told: str, tmp_path: Path):
    own = {} if classes is None else dict(metainfo=dict(classes=classes))
    cfg = detection(tmp_path, coco_content(tmp_path), "CocoDataset", **own)
    assert told in only(check_annotations(cfg).problems)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_of_editors_are_read(encoding: str, tmp_path: Path):
    cfg = detection(tmp_path, lvis_content(tmp_path))
    text = (tmp_path / "train.json").read_text()
    (tmp_path / "train.json").write_text(text, encoding=encoding)
    assert check_annotations(cfg).problems == ()
    assert json.loads(text)
