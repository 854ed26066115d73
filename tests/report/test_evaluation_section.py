"""Confusions of zero-shot results are drawn; damaged ones are a problem of the run."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.run_folder import problems, section, write_run


def test_zero_shot_confusions_are_accuracies_of_classes(tmp_path: Path):
    write_run(tmp_path / "run")
    confusion = {"names": ["disc", "star"], "counts": [[3, 1], [2, 2]]}
    results = {"toy": {"metric": "top-1", "value": 62.5, "confusion": confusion}}
    (tmp_path / "run/zeroshot.json").write_text(json.dumps({"results": results}))
    bars, matrix = section(tmp_path, "evaluations").plots
    assert bars.caption == "run, toy: accuracy of each class"
    assert bars.alt == "accuracy (%), run: disc 75.0; star 50.0"
    assert matrix.caption.startswith("run, toy: the worst classes")


def test_zero_shot_confusions_of_many_classes_have_no_bars(tmp_path: Path):
    write_run(tmp_path / "run")
    counts = [[int(i == j) for i in range(41)] for j in range(41)]
    confusion = {"names": [f"c{i}" for i in range(41)], "counts": counts}
    results = {"many": {"value": 100.0, "confusion": confusion}}
    (tmp_path / "run/zeroshot.json").write_text(json.dumps({"results": results}))
    (plot,) = section(tmp_path, "evaluations").plots
    assert "the worst classes" in plot.caption


@pytest.mark.parametrize(
    ("confusion", "told"),
    [
        ([1], "its confusion holds no list of names"),
        ({"names": ["a"]}, "its confusion is not a 1 x 1 table of counts"),
        ({"names": ["a", "b"], "counts": [[1, 0], [1]]}, "is not a 2 x 2 table"),
        ({"names": ["a"], "counts": [[0]]}, "its confusion has counted nothing"),
    ],
)
def test_damaged_confusion_is_a_problem_and_not_drawn(confusion: Any, told: str, tmp_path: Path):
    write_run(tmp_path / "run")
    results = {"toy": {"value": 62.5, "confusion": confusion}}
    (tmp_path / "run/zeroshot.json").write_text(json.dumps({"results": results}))
    part = section(tmp_path, "evaluations")
    assert part.plots == []
    ((name, what),) = [row for row in problems(tmp_path) if "not drawn" in row[1]]
    assert name == "run"
    assert what.startswith("zeroshot.json: toy: classes not drawn: ") and told in what
