"""Ids, references and keys of detection's annotation files, checked before the start."""

import re
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
    drop_from,
    lvis_content,
    only,
    repeat,
    set_in,
)


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
        (drop_from("images", 0, "width"), "it lacks width of 1 of 2 images, which LVISV1Dataset"),
        (drop_from("annotations", 1, "area"), "it lacks area of 1 of 2 annotations, which LVIS"),
        (drop_from("categories", 0, "id"), "it lacks id of 1 of 2 categories, which LVISV1Data"),
        (lambda content: content.pop("annotations"), "it lacks annotations, which LVISV1Dataset"),
    ],
)
def test_fault_is_named_and_counted(spoil: Callable[[Content], Any], told: str, tmp_path: Path):
    assert told in fault_of_detection(spoil, tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "train.json is not a JSON file: Expecting"),
        ("[1]", "it lacks a JSON object with images, annotations and categories"),
        ('{"images": []}', "it lacks annotations, categories, which LVISV1Dataset reads"),
    ],
)
def test_what_the_file_lacks_is_named(content: str, told: str, tmp_path: Path):
    assert told in only(check_annotations(detection(tmp_path, content)).problems)


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
