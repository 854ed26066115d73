"""Accuracies of classes count what had no prediction against the model."""

import json
from pathlib import Path
from typing import Any

import pytest

from iclip.results import ClassScore, ClassScores

CONFUSION = {"names": ["disc", "star"], "counts": [[3, 1], [0, 2]], "undecided": [4, 0]}


def accuracies(**changes: Any) -> tuple[ClassScore, ...]:
    return ClassScores.from_named_confusion(CONFUSION | changes).classes


def test_images_without_a_prediction_count_as_wrong():
    disc, star = accuracies()
    assert (disc.value, disc.count) == (100 * 3 / (3 + 1 + 4), 8)
    assert (star.value, star.count) == (100.0, 2)


def test_a_class_that_was_never_decided_has_the_accuracy_0():
    disc, _ = accuracies(counts=[[0, 0], [0, 2]])
    assert (disc.value, disc.count) == (0.0, 4)


def test_a_class_without_images_has_no_accuracy():
    _, star = accuracies(counts=[[3, 1], [0, 0]])
    assert (star.value, star.count) == (None, 0)


@pytest.mark.parametrize("undecided", [[1], [1, -1], [1, 0.5], {"a": 1}])
def test_undecided_that_does_not_fit_is_refused(undecided: object):
    with pytest.raises(ValueError, match="its undecided is not a list of 2 counts"):
        accuracies(undecided=undecided)


SCORES = ClassScores(
    "box AP",
    "objects",
    (ClassScore("grüner Baum", 12.5, 40, "rare"), ClassScore("sky", None, 0)),
    confusion=((3, 1), (0, 0)),
    undecided=(36, 0),
    loader="test_dataloader",
)


def test_what_is_saved_is_read_back(tmp_path: Path):
    SCORES.save(tmp_path / "x.json")
    assert ClassScores.from_json(json.loads((tmp_path / "x.json").read_text())) == SCORES


def test_file_holds_the_keys_that_other_programs_read(tmp_path: Path):
    SCORES.save(tmp_path / "x.json")
    assert json.loads((tmp_path / "x.json").read_text()) == {
        "metric": "box AP",
        "counted": "objects",
        "classes": [
            {"name": "grüner Baum", "value": 12.5, "count": 40, "frequency": "rare"},
            {"name": "sky", "value": None, "count": 0},
        ],
        "confusion": [[3, 1], [0, 0]],
        "undecided": [36, 0],
        "loader": "test_dataloader",
    }
