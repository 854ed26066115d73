from pathlib import Path

import pytest

from iclip.own_data.coco import detection as coco
from iclip.tasks import DETECTION
from tests.support.own_data_files import write_coco_folder, write_lvis_folder


def test_boxes_of_both_parts(tmp_path: Path) -> None:
    write_coco_folder(tmp_path)
    read = coco.read(tmp_path, DETECTION)
    assert read.classes == ("cat", "dog")
    assert [(part, len(samples)) for part, samples in read.parts.items()] == [
        ("train", 8), ("val", 3),
    ]  # fmt: skip
    sample = read.parts["val"][1]
    assert sample.file == str(tmp_path / "val/val_1.jpg")
    assert (sample.boxes.tolist(), sample.labels.tolist()) == ([[4, 6, 20, 10]], [1])
    assert (sample.width, sample.height, sample.areas.tolist()) == (64, 48, [12.5])
    assert read.class_details == ()


@pytest.mark.parametrize("place", [".", "annotations/instances_train.json"])
def test_sign_is_an_annotation_file(place: str, tmp_path: Path) -> None:
    write_coco_folder(tmp_path / "coco")
    assert coco.signs(tmp_path / "coco" / place) == "instances_train.json"
    write_lvis_folder(tmp_path / "lvis")
    assert coco.signs(tmp_path / "lvis") is None
    (tmp_path / "empty").mkdir()
    assert coco.signs(tmp_path / "empty") is None
