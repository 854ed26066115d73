"""What a finished run says: the best checkpoint's figures, classes in order, real commands."""

import shlex
from pathlib import Path

import pytest

from iclip.finetune.closing import class_lines, closing_figures, next_commands
from iclip.results import ClassScore, ClassScores
from iclip.results.run_files import save_json


def scores(count: int, without: int = 0) -> ClassScores:
    known = [ClassScore(f"class {i}", float(i), 10 * i) for i in range(count)]
    unknown = [ClassScore(f"none {i}", None, 0) for i in range(without)]
    return ClassScores("box AP", "objects", (*unknown, *known))


@pytest.mark.parametrize("count", [1, 2, 20])
def test_few_classes_are_listed_best_first(count: int):
    title, *lines = class_lines(scores(count))
    assert title == "box AP of each class, in percent, and its objects:"
    assert [line.split()[1] for line in lines] == [str(i) for i in reversed(range(count))]


def test_of_many_classes_the_ten_best_and_the_ten_worst():
    lines = class_lines(scores(25))[1:]
    assert len(lines) == 21
    assert lines[10] == "  ... and 5 between"
    assert [int(line.split()[1]) for line in lines[:10]] == list(range(24, 14, -1))
    assert [int(line.split()[1]) for line in lines[11:]] == list(range(9, -1, -1))


def test_classes_that_were_not_measured_are_counted():
    assert class_lines(scores(2, without=3))[-1] == "  (3 classes without objects)"


def write_run(folder: Path) -> None:
    metrics = {"coco/bbox_mAP": 0.1234, "coco/bbox_mAP_s": -1.0}
    content = {"iteration": 120, "samples_seen": 0, "metrics": metrics, "kind": "detection"}
    save_json(folder / "best_metrics.json", content)
    scores(3).save(folder / "best_per_class.json")


def test_figures_are_those_of_the_best_checkpoint(tmp_path: Path):
    write_run(tmp_path)
    lines = closing_figures(tmp_path)
    assert lines[0] == "The best checkpoint, of iteration 120, in percent:"
    assert lines[1].split() == ["coco/bbox_mAP", "12.34"]
    assert lines[2].split() == ["coco/bbox_mAP_s", "-"]
    assert lines[3:] == class_lines(scores(3))


def test_run_without_a_score_says_so(tmp_path: Path):
    (line,) = closing_figures(tmp_path)
    assert "no best checkpoint" in line


def test_damaged_figures_are_named(tmp_path: Path):
    (tmp_path / "best_metrics.json").write_text("{")
    with pytest.raises(ValueError, match=r"best_metrics\.json does not hold a run's scores"):
        closing_figures(tmp_path)


def test_commands_can_be_copied_whatever_the_names(tmp_path: Path):
    data = tmp_path / "my data"
    data.mkdir()
    commands = [shlex.split(line) for line in next_commands(Path("w d"), str(data))]
    assert [command[:3] for command in commands] == [
        ["iclip", "predict", "w d"], ["iclip", "evaluate", "w d"], ["iclip", "report", "w d"],
    ]  # fmt: skip
    assert commands[0][3] == str(data) == commands[1][-1]


def test_images_of_a_described_data_set_lie_beside_the_file(tmp_path: Path):
    (tmp_path / "boxes.json").touch()
    predict = next_commands(Path("w"), str(tmp_path / "boxes.json"))[0]
    assert shlex.split(predict)[3] == str(tmp_path)
