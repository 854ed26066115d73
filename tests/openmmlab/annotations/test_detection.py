"""Faults of detection's annotation files, each found before the start and named."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import iclip.openmmlab  # noqa: F401  (before mmdet)

from iclip.openmmlab.annotations import check_annotations  # isort: skip
from tests.openmmlab.annotations.odd_data import (  # isort: skip
    coco_content,
    detection,
    lvis_content,
    only,
    write_image,
)

Content = dict[str, Any]


@pytest.mark.parametrize("kind", ["LVISV1Dataset", "CocoDataset"])
def test_correct_file_has_no_findings(kind: str, tmp_path: Path):
    content = lvis_content(tmp_path) if kind == "LVISV1Dataset" else coco_content(tmp_path)
    own = {} if kind == "LVISV1Dataset" else dict(metainfo=dict(classes=("cat", "dog")))
    findings = check_annotations(detection(tmp_path, content, kind, **own))
    assert (findings.problems, findings.notes) == ((), ())
    expected = f"{kind} {tmp_path}/train.json: 2 images, 2 boxes, 2 categories"
    assert str(findings.read["train"]) == expected


def set_in(part: str, position: int, **values: Any) -> Callable[[Content], None]:
    return lambda content: content[part][position].update(values)


def drop_from(part: str, position: int, key: str) -> Callable[[Content], None]:
    return lambda content: content[part][position].pop(key)


def repeat(part: str, **changes: Any) -> Callable[[Content], None]:
    return lambda content: content[part].append({**copy.deepcopy(content[part][0]), **changes})


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (set_in("images", 0, id="1"), "ids of images that are not whole numbers: 1 ('1')"),
        (set_in("categories", 1, id=9.5), "ids of categories that are not whole numbers: 1 (9.5)"),
        (
            set_in("annotations", 1, id=[3]),
            "ids of annotations that are not whole numbers: 1 ([3])",
        ),
        (
            set_in("annotations", 1, image_id=[2]),
            "annotations whose image_id is not a whole number: 1 ([2]); correct them",
        ),
        (repeat("images"), "ids of images that occur more than once: 1 (1); give each its own"),
        (repeat("annotations"), "ids of annotations that occur more than once: 1 (11)"),
        (repeat("categories", name="x"), "ids of categories that occur more than once: 1 (5)"),
        (repeat("categories", id=3), "names of categories that occur more than once: 1 (cat)"),
        (
            set_in("annotations", 0, image_id=7),
            "annotations of images that the file does not list: 1 (annotation 11 of image 7, "
            "category 5); remove them, or add the images",
        ),
        (
            set_in("annotations", 0, category_id=7),
            "annotations of categories that the file does not list: 1 (annotation 11 of image 1, "
            "category 7)",
        ),
        (
            set_in("images", 1, width=0),
            "images whose width or height is not a positive number: 1 (2); correct them",
        ),
        (
            set_in("annotations", 0, bbox=[1, 2, 3]),
            "boxes that are not four numbers, or whose area is not a number: 1 (annotation 11 of",
        ),
        (set_in("annotations", 0, bbox=["1", "2", "3", "4"]), "boxes that are not four numbers"),
        (set_in("annotations", 0, area=None), "boxes that are not four numbers, or whose area is"),
        (
            set_in("annotations", 0, bbox=[1, float("nan"), 9, 9]),
            "boxes with NaN or infinite numbers: 1 (annotation 11 of image 1, category 5); correct",
        ),
        (
            set_in("images", 0, coco_url="http://images.cocodataset.org/val2017/7.jpg"),
            "/val2017/7.jpg); put them there, or correct data_prefix or data_root",
        ),
        (
            set_in("images", 0, coco_url="http://images.cocodataset.org/val2017/1.JPG"),
            "images whose file names differ in case: 1 (",
        ),
        (
            set_in("images", 0, width=80, height=100),
            "images of another size than the file says, of 2 looked at: 1 (",
        ),
        (drop_from("images", 0, "width"), "it lacks width of 1 of 2 images, which LVISV1Dataset"),
        (drop_from("annotations", 1, "area"), "it lacks area of 1 of 2 annotations, which LVIS"),
        (drop_from("categories", 0, "id"), "it lacks id of 1 of 2 categories, which LVISV1Data"),
        (lambda content: content.pop("annotations"), "it lacks annotations, which LVISV1Dataset"),
    ],
)
def test_fault_is_named_and_counted(spoil: Callable[[Content], Any], told: str, tmp_path: Path):
    content = lvis_content(tmp_path)
    spoil(content)
    problem = only(check_annotations(detection(tmp_path, content, num_classes=2)).problems)
    title = f"Annotations: {tmp_path}/train.json (train_dataloader.dataset.dataset.ann_file)\n"
    assert problem.startswith(title)
    assert told in problem


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
        "images that are not there: 1",
        "images of another size than the file says, of 3 looked at: 1",
    ):
        assert part in problem


def test_file_of_another_vocabulary(tmp_path: Path):
    cfg = detection(tmp_path, lvis_content(tmp_path), num_classes=1203)
    problem = only(check_annotations(cfg).problems)
    assert "it has 2 categories, the model 1203 classes: set model.roi_head.bbox_head" in problem


@pytest.mark.parametrize(
    ("box", "told"),
    [
        ([200, 10, 5, 5], "boxes without a pixel in their image: 1 (annotation 11 of image 1,"),
        ([10, -30, 5, 20], "boxes without a pixel in their image: 1"),
        ([10, 10, 0.5, 9], "boxes narrower or lower than a pixel, or with an area of zero or less"),
        ([10, 10, -5, 9], "boxes narrower or lower than a pixel"),
        ([90, 10, 30, 9], "boxes that reach beyond their image: 1"),
    ],
)
def test_few_odd_boxes_are_counted(box: list[float], told: str, tmp_path: Path):
    content = lvis_content(tmp_path, count=10)
    content["annotations"][0]["bbox"] = box
    findings = check_annotations(detection(tmp_path, content))
    assert findings.problems == ()
    assert told in only(findings.notes)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda x, y, w, h: [x + 100, y, w, h], "are they of other images?"),
        (lambda x, y, w, h: [x / 100, y / 80, w / 100, h / 80], "are they in fractions of the"),
        (lambda x, y, w, h: [60, 50, 80, 70], "are they x1, y1, x2, y2, where bbox is x, y, w"),
    ],
)
def test_many_odd_boxes_stop(change: Callable[..., list[float]], told: str, tmp_path: Path):
    content = lvis_content(tmp_path, count=4)
    for annotation in content["annotations"]:
        annotation["bbox"] = change(*annotation["bbox"])
    problem = only(check_annotations(detection(tmp_path, content)).problems)
    assert f"more than 10% of 4 boxes; {told}" in problem


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


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "train.json is not a JSON file: Expecting"),
        ("[1]", "it lacks a JSON object with images, annotations and categories"),
        ('{"images": []}', "it lacks annotations, categories, which LVISV1Dataset reads"),
    ],
)
def test_file_of_no_format(content: str, told: str, tmp_path: Path):
    assert told in only(check_annotations(detection(tmp_path, content)).problems)


def test_file_that_is_not_there(tmp_path: Path):
    cfg = detection(tmp_path, lvis_content(tmp_path))
    (tmp_path / "train.json").unlink()
    told = only(check_annotations(cfg).problems)
    assert "train.json (train_dataloader.dataset.dataset.ann_file)\n" in told
    assert "there is no such file: correct ann_file or data_root" in told


def test_root_that_is_not_there_is_said_elsewhere(tmp_path: Path):
    cfg = detection(tmp_path, lvis_content(tmp_path), data_root=str(tmp_path / "absent"))
    assert check_annotations(cfg).problems == ()


@pytest.mark.parametrize(
    ("kind", "form", "told"),
    [
        ("LVISV1Dataset", "coco", "it is a COCO file, .* no coco_url or neg_category_ids; LVISV1D"),
        ("LVISV1Dataset", "v0.5", "it is an LVIS v0.5 file, .*dataset.type=LVISV05Dataset"),
        ("CocoDataset", "lvis", "it is an LVIS v1 file, .* set .*dataset.type=LVISV1Dataset"),
        ("LVISV05Dataset", "lvis", "it is an LVIS v1 file, .* set .*dataset.type=LVISV1Dataset"),
    ],
)
def test_file_of_another_format_names_what_reads_it(
    kind: str, form: str, told: str, tmp_path: Path
):
    content = lvis_content(tmp_path) if form == "lvis" else coco_content(tmp_path)
    for image in content["images"] if form == "v0.5" else ():
        image["neg_category_ids"] = []
    assert re.search(told, only(check_annotations(detection(tmp_path, content, kind)).problems))


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
def test_classes_that_are_not_of_the_file(classes: Any, told: str, tmp_path: Path):
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
