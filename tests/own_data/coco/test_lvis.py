from pathlib import Path

from iclip.own_data.coco import lvis
from iclip.tasks import DETECTION
from tests.support.own_data_files import write_coco_folder, write_lvis_folder


def test_what_the_metric_needs_is_kept(tmp_path: Path) -> None:
    write_lvis_folder(tmp_path)
    read = lvis.read(tmp_path, DETECTION)
    assert read.classes == ("cat", "dog", "bird")
    assert [entry["frequency"] for entry in read.class_details] == ["r", "c", "f"]
    assert "name" not in read.class_details[0] and "id" not in read.class_details[0]
    details = {"neg_labels": [1], "not_exhaustive_labels": [2]}
    assert [sample.details for sample in read.parts["train"]] == [details] * 4


def test_sign_is_what_only_lvis_has(tmp_path: Path) -> None:
    write_coco_folder(tmp_path / "coco")
    assert lvis.signs(tmp_path / "coco") is None
    write_lvis_folder(tmp_path / "lvis")
    assert lvis.signs(tmp_path / "lvis") == "lvis_v1_train.json, with neg_category_ids"
    assert lvis.signs(tmp_path / "lvis/lvis_v1_train.json") is not None
