"""New classes of a transfer, and those of them that its pre-training's labels have."""

import json
from pathlib import Path

import pytest

from iclip.report.new_classes import all_new_classes
from iclip.report.run_folders import find_runs
from iclip.text.class_texts import ClassText, write_class_texts
from tests.support.run_folder import problems, sections, write_run

pytestmark = pytest.mark.usefixtures("without_plots")

DETECTION = """
default_scope = 'mmdet'
model = dict(type='FasterRCNN', backbone=dict(arch='base', checkpoint={checkpoint!r}))
protocol = 'lvis-openvocab-box'
new_classes = {new_classes}
"""


def table(file: Path, *names: str) -> str:
    write_class_texts(file, [ClassText(f"{file.stem}{i}", (name,)) for i, name in enumerate(names)])
    return str(file)


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, str]:
    """Four tested classes, of which two were trained; one of the others is a label."""
    return {
        "tested": table(tmp_path / "all.jsonl", "cat", "dog", "Red_Fox", "yak"),
        "trained": table(tmp_path / "seen.jsonl", "cat", "dog"),
        "labels": table(tmp_path / "labels.jsonl", "cat", "red fox", "cow"),
    }


def write_transfer(folder: Path, checkpoint: str = "pre/latest.pth", **new: object) -> None:
    config = DETECTION.format(checkpoint=checkpoint, new_classes=repr(new))
    write_run(folder, config, {"lvis/AP": 20.0, "lvis/APr": 10.0})


def write_pretraining(folder: Path, labels: str) -> None:
    model = f"dict(type='ICLIP', class_prompts=dict(class_texts={labels!r}))"
    write_run(folder, f"default_scope = 'iclip'\nmodel = {model}\n", {})


def test_new_classes_are_looked_up_in_the_pretrainings_labels(tmp_path: Path, tables):
    runs = tmp_path / "runs"
    write_pretraining(runs / "pre", tables["labels"])
    write_transfer(runs / "ov", tested=tables["tested"], trained=tables["trained"])
    (found,), _ = all_new_classes(find_runs([runs]))
    assert found.as_dict() == {
        "run": "ov",
        "labels": tables["labels"],
        "new": ["Red_Fox", "yak"],
        "shared": [{"new": "Red_Fox", "known": "red fox", "by_id": False}],
    }
    assert found.share == 0.5
    overlap = sections(runs)["words"]["tables"][-1]
    assert overlap["rows"] == [["ov", "2", "1 of 2 (50%)", "Red_Fox; 1 class by name alone", "yak"]]


def test_the_checkpoints_folder_tells_the_labels_where_its_run_was_not_named(
    tmp_path: Path, tables
):
    write_pretraining(tmp_path / "pre", tables["labels"])
    (tmp_path / "pre/latest.pth").write_bytes(b"")
    start = str(tmp_path / "pre/latest.pth")
    write_transfer(tmp_path / "ov", start, tested=tables["tested"], trained=tables["trained"])
    (found,), _ = all_new_classes(find_runs([tmp_path / "ov"]))
    assert len(found.shared) == 1


def test_a_group_of_lviss_frequencies_is_new(tmp_path: Path, tables):
    write_transfer(
        tmp_path / "ov", tested=tables["tested"], frequency="rare", pretrained=tables["labels"]
    )
    groups = ("frequent", "rare", "rare", "common")
    names = ("cat", "dog", "Red_Fox", "yak")
    classes = [
        {"name": name, "value": 1.0, "count": 1, "frequency": group}
        for name, group in zip(names, groups, strict=True)
    ]
    scores = {"metric": "box AP", "counted": "objects", "classes": classes}
    (tmp_path / "ov/per_class.json").write_text(json.dumps(scores))
    (found,), _ = all_new_classes(find_runs([tmp_path / "ov"]))
    assert [text.names[0] for text in found.new] == ["dog", "Red_Fox"]
    assert len(found.shared) == 1


def test_lviss_own_file_tells_rare_categories_by_synset(tmp_path: Path, small_wordnet: Path):
    del small_wordnet  # it is found by the environment
    synsets = {"crane.n.01": "r", "crane.n.02": "r", "cattle.n.01": "f", "unknown.n.01": "r"}
    categories = [
        {"id": i, "name": f"name{i}", "synonyms": [], "def": "", "synset": synset, "frequency": f}
        for i, (synset, f) in enumerate(synsets.items())
    ]
    file = tmp_path / "lvis_val.json"
    file.write_text(json.dumps({"images": [], "annotations": [], "categories": categories}))
    labels = [ClassText("n03126707", ("machine",)), ClassText("n02402425", ("cow",))]
    write_class_texts(tmp_path / "labels.jsonl", labels)
    write_transfer(
        tmp_path / "ov", tested=str(file), frequency="rare",
        pretrained=str(tmp_path / "labels.jsonl"),
    )  # fmt: skip
    (found,), _ = all_new_classes(find_runs([tmp_path / "ov"]))
    assert [text.id for text in found.new] == ["n02012849", "n03126707", "3"]
    assert [(s.new.names[0], s.by_id) for s in found.shared] == [("name1", True)]


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ({"tested": "a", "traind": "b"}, "has the key traind: is trained meant?"),
        ({"tested": "none.jsonl", "trained": "b"}, "there is no class-text table none.jsonl"),
    ],
)
def test_what_cannot_be_told_stands_at_the_end_of_the_page(
    new: dict[str, object], words: str, tmp_path: Path
):
    write_transfer(tmp_path / "ov", **new)
    assert any(what.startswith("new_classes: ") and words in what for _, what in problems(tmp_path))


def test_an_unknown_pretraining_is_a_problem(tmp_path: Path, tables):
    write_transfer(
        tmp_path / "ov", tested=tables["tested"], trained=tables["trained"],
        checkpoint="elsewhere/latest.pth",
    )  # fmt: skip
    found, told = all_new_classes(find_runs([tmp_path / "ov"]))
    assert not found
    assert "no run here has written elsewhere/latest.pth. Name its folder" in told[0][1]


def test_groups_need_the_scores_of_each_class(tmp_path: Path, tables):
    write_transfer(
        tmp_path / "ov", tested=tables["tested"], frequency="rare", pretrained=tables["labels"]
    )
    _, told = all_new_classes(find_runs([tmp_path / "ov"]))
    assert "there are 0 scores and 4 class texts" in told[0][1]
