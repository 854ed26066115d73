"""Runs that were tested on classes without training data have a section of their own."""

from pathlib import Path
from typing import Any

from PIL import Image

from tests.support.run_folder import problems, sections, write_run

CLASSIFIER = "dict(type='iclip.TextClassifier', variant='{}')"


def detector(classifier: str, seed: int = 0) -> str:
    return f"""
default_scope = 'mmdet'
model = dict(type='FasterRCNN', backbone=dict(checkpoint='a.pth'),
    roi_head=dict(bbox_head=dict(cls_predictor_cfg={classifier})))
train_dataloader = dict(dataset=dict(data_root='data/toy/lvis/'))
randomness = dict(seed={seed})
new_classes = dict(tested='all.jsonl', trained='seen.jsonl')
"""


def scores(seen: float, **new: float) -> dict[str, float]:
    return {"lvis/AP": 1.0, "lvis/AP_seen": seen} | {f"lvis/AP_{k}": v for k, v in new.items()}


def test_seeds_of_a_classifier_are_a_row_with_mean_and_spread(tmp_path: Path):
    for seed, value in enumerate((20.0, 24.0)):
        config = detector(CLASSIFIER.format("name_description"), seed)
        metrics = scores(50.0, new_combination=value, new_word=8.0)
        write_run(tmp_path / f"text/seed{seed}", config, metrics)
    names = detector(CLASSIFIER.format("name"))
    write_run(tmp_path / "names/seed0", names, scores(48.0, new_word=0.5))
    write_run(tmp_path / "linear/seed0", detector("dict(type='Linear')"), scores(51.0))
    table = sections(tmp_path)["new-classes"]["tables"][0]
    assert table["rows"] == [
        ["linear/seed0", "detection", "linear", "51.0", "-", "-", "1", "not recorded"],
        ["names/seed0", "detection", "text: name", "48.0", "-", "0.5", "1", "not recorded"],
        *[["text", "detection", "text: name and description", "50.0 ± 0.0", "22.0 ± 2.8",
           "8.0 ± 0.0", "2", "not recorded"]],
    ]  # fmt: skip


def test_such_runs_are_no_transfers_and_without_them_there_is_no_section(tmp_path: Path):
    # One that was trained on all classes states their groups, too.
    closed = detector("None").replace("new_classes", "_new_classes")
    write_run(tmp_path / "closed", closed, {"lvis/AP": 40.0, "lvis/AP_new_word": 30.0})
    found: dict[str, Any] = sections(tmp_path)
    assert "new-classes" not in found
    assert [row[3] for row in found["toy"]["tables"][0]["rows"]] == ["closed"]
    write_run(tmp_path / "open", detector(CLASSIFIER.format("name")), scores(30.0, new_word=2.0))
    found = sections(tmp_path)
    assert [row[3] for row in found["toy"]["tables"][0]["rows"]] == ["closed"]
    assert [row[0] for row in found["new-classes"]["tables"][0]["rows"]] == ["open"]


def test_pictures_of_new_classes_stand_in_the_section_alone(tmp_path: Path):
    write_run(tmp_path / "open", detector("None"), scores(30.0, new_word=2.0))
    folder = tmp_path / "open/pictures/new_classes"
    folder.mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(folder / "1.jpg")
    (folder / "2.jpg").write_bytes(b"no picture")
    (folder / "predictions.json").write_text('{"1.jpg": {"labels": ["an arrow 0.83"]}}')
    found = sections(tmp_path)
    (picture,) = found["new-classes"]["pictures"]
    assert picture["alt"] == "Predicted: an arrow 0.83"
    assert "pictures" not in found
    assert any("new_classes/2.jpg" in what for _, what in problems(tmp_path))
