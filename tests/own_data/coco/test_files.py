from pathlib import Path

import pytest

from iclip.own_data.coco.files import coco_files, file_of_each_part, is_lvis
from iclip.own_data.remarks import Remarks
from tests.support.own_data_files import coco_content, write_coco_folder, write_json

CONTENT = coco_content(["a.jpg"], [(0, "cat", (1, 1, 5, 5))], ["cat"])


def chosen(root: Path, remarks: Remarks | None = None) -> dict[str, str]:
    parts = file_of_each_part(coco_files(root), root, remarks or Remarks(str(root)))
    return {part: file.relative_to(root).as_posix() for part, file in parts.items()}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        # COCO
        (
            ["annotations/instances_train2017.json", "annotations/instances_val2017.json"],
            {
                "train": "annotations/instances_train2017.json",
                "val": "annotations/instances_val2017.json",
            },
        ),
        # Roboflow
        (
            [f"{part}/_annotations.coco.json" for part in ("train", "valid", "test")],
            {
                "train": "train/_annotations.coco.json",
                "val": "valid/_annotations.coco.json",
                "test": "test/_annotations.coco.json",
            },
        ),
        # CVAT
        (["annotations/instances_default.json"], {"train": "annotations/instances_default.json"}),
        (
            ["annotations/instances_Train.json", "annotations/instances_Validation.json"],
            {
                "train": "annotations/instances_Train.json",
                "val": "annotations/instances_Validation.json",
            },
        ),
        # FiftyOne, Label Studio
        (["labels.json"], {"train": "labels.json"}),
        (["train.JSON", "Val.json"], {"train": "train.JSON", "val": "Val.json"}),
        # One of no part beside one of training.
        (["annotations/all.json", "annotations/train.json"], {"train": "annotations/train.json"}),
    ],
)
def test_file_of_each_part(names: list[str], expected: dict[str, str], tmp_path: Path) -> None:
    for name in names:
        write_json(tmp_path / name, CONTENT)
    assert chosen(tmp_path) == expected


def test_a_file_is_a_data_set(tmp_path: Path) -> None:
    file = write_json(tmp_path / "labels.json", CONTENT)
    (entry,) = coco_files(file)
    assert (entry.file, entry.part) == (file, None)


def test_key_points_and_captions_are_not_taken(tmp_path: Path) -> None:
    folder = tmp_path / "annotations"
    write_json(folder / "instances_train2017.json", CONTENT)
    write_json(folder / "person_keypoints_train2017.json", CONTENT)
    write_json(folder / "captions_train2017.json", {"images": [], "annotations": []})
    panoptic = {**CONTENT, "annotations": [{"segments_info": [{"bbox": [1, 2, 3, 4]}]}]}
    write_json(folder / "panoptic_train2017.json", panoptic)
    write_json(tmp_path / "results.json", [{"image_id": 1, "bbox": [1, 2, 3, 4], "score": 1}])
    remarks = Remarks("DIR")
    assert chosen(tmp_path, remarks) == {"train": "annotations/instances_train2017.json"}
    (omission,) = remarks.omissions()
    assert omission.example == "annotations/person_keypoints_train2017.json"


def test_key_points_alone_have_boxes_too(tmp_path: Path) -> None:
    write_json(tmp_path / "annotations/person_keypoints_train2017.json", CONTENT)
    assert chosen(tmp_path) == {"train": "annotations/person_keypoints_train2017.json"}


@pytest.mark.parametrize(
    ("names", "of"),
    [
        (["instances_val2014.json", "instances_val2017.json"], "val"),
        (["one.json", "two.json"], "no part"),
    ],
)
def test_several_files_of_a_part_are_an_error(names: list[str], of: str, tmp_path: Path) -> None:
    for name in names:
        write_json(tmp_path / "annotations" / name, CONTENT)
    with pytest.raises(ValueError, match=f"2 annotation files of {of}.*--data .*{names[0]}"):
        chosen(tmp_path)


def test_other_data_sets_are_not_lvis(tmp_path: Path) -> None:
    write_coco_folder(tmp_path, {"train": 1})
    file = tmp_path / "annotations/instances_train.json"
    assert not is_lvis(file)
    write_json(file, {**CONTENT, "images": [{**CONTENT["images"][0], "neg_category_ids": []}]})
    assert is_lvis(file)
