"""Files that an evaluation on LVIS cannot use, each refused by name."""

import json
from pathlib import Path
from typing import Any

import pytest

from iclip.evaluation.lvis_ap import evaluate_file

ANNOTATION = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2], "area": 4}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(image_id=5), "name image 5, which .* another split"),
        (dict(category_id=4), "name category 4, which .* 12 ids go from 3 to 80"),
    ],
)
def test_results_of_another_data_set(
    files: tuple[Path, Path], change: dict[str, int], message: str
):
    annotations, results = files
    entries = json.loads(results.read_text())
    results.write_text(json.dumps([entries[0] | change]))
    with pytest.raises(ValueError, match=message):
        evaluate_file(annotations, results)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"images": []}', "not a file of results: a list of .*; this is an object"),
        ('[{"image_id": 100}]', "not a file of results: a list of .* entry 0 is {'image_id': 100}"),
        (
            '[{"image_id": 100, "category_id": 3, "score": 0.5, "bbox": [1, 2, NaN, 4]}]',
            "entry 0 is .*nan",
        ),
        (
            '[{"image_id": 100, "category_id": "3", "score": 0.5, "bbox": [1, 2, 3, 4]}]',
            "entry 0 is .*'category_id': '3'",
        ),
        ("[", "is not a JSON file"),
    ],
)
def test_file_that_holds_no_results(files: tuple[Path, Path], content: str, message: str):
    files[1].write_text(content)
    with pytest.raises(ValueError, match=message):
        evaluate_file(*files)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"images": [{"id": 1}]}, "lacks neg_category_ids of 1 of 1 images. A COCO file is"),
        ({"annotations": None}, "lacks annotations"),
        (
            {"annotations": [{"image_id": 1, "category_id": 1, "bbox": []}]},
            "lacks area of 1 of",
        ),
        ({"categories": [{"name": "cat"}, {"id": 2}]}, "lacks id of 1 of 2 categories"),
        ({"categories": [{"id": 2}, {"id": 2}]}, "lists categories more than once, of the ids 2"),
        ({"categories": [{"id": []}]}, r"a category's id is '\[\]' \(a list\), not a whole number"),
        ({"images": [{"id": "a", "neg_category_ids": []}]}, "an image's id is 'a'"),
        ({"annotations": [ANNOTATION | {"area": 10**400}]}, "or no finite area"),
        ({"categories": [{"id": 2**63}]}, "a category's id has more than 64 bits"),
        (
            {"images": [{"id": 1, "neg_category_ids": 7.5}]},
            "neg_category_ids of image 1 is '7.5' \\(a number\\), not a list",
        ),
        (
            {"images": [{"id": 1, "neg_category_ids": [], "not_exhaustive_category_ids": 0}]},
            "not_exhaustive_category_ids of image 1 is '0' \\(a number\\), not a list",
        ),
        (
            {"images": [{"id": 1, "neg_category_ids": [], "not_exhaustive_category_ids": [{}]}]},
            "a category in not_exhaustive_category_ids is '{}' .an object",
        ),
        ({"categories": [{"id": 1, "frequency": [None]}]}, "the frequency of category 1 is"),
        (
            {"annotations": [ANNOTATION | {"category_id": True}]},
            "annotation's category_id is 'True'",
        ),
        ({"annotations": [ANNOTATION | {"image_id": None}]}, "annotation's image_id is 'None'"),
        ({"annotations": [ANNOTATION | {"image_id": 9}]}, "of images that it does not list: 9"),
        (
            {"annotations": [ANNOTATION | {"category_id": 9}]},
            "of categories that it does not list: 9",
        ),
        ({"annotations": [ANNOTATION | {"bbox": [0, 0, "2", 2]}]}, "of image 1 has no box of four"),
        ({"annotations": [ANNOTATION | {"area": float("nan")}]}, "or no finite area"),
        ({"images": []}, "lists no images: there is nothing to evaluate"),
        ({"categories": []}, "lists no categories: there is nothing to evaluate"),
    ],
)
def test_file_that_is_not_lvis(
    files: tuple[Path, Path], tmp_path: Path, content: dict[str, Any], message: str
):
    complete = {"images": [{"id": 1, "neg_category_ids": []}], "annotations": []}
    other = tmp_path / "other.json"
    other.write_text(json.dumps(complete | {"categories": [{"id": 1}]} | content))
    with pytest.raises(ValueError, match=f"other.json .*{message}"):
        evaluate_file(other, files[1])


def test_annotation_file_that_does_not_exist(files: tuple[Path, Path], tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"no annotation file .*other\.json"):
        evaluate_file(tmp_path / "other.json", files[1])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"other\.json is not a JSON file"),
        ("[]", "not an LVIS annotation file: it holds a list"),
    ],
)
def test_annotation_file_that_is_not_an_object(
    files: tuple[Path, Path], tmp_path: Path, content: str, message: str
):
    (tmp_path / "other.json").write_text(content)
    with pytest.raises(ValueError, match=message):
        evaluate_file(tmp_path / "other.json", files[1])
