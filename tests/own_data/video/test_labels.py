"""Labels as numbers or names, with or without a list of the classes."""

from pathlib import Path

import pytest

from iclip.own_data.remarks import Remarks
from iclip.own_data.video.labels import read_labels


@pytest.mark.parametrize(
    ("texts", "listed", "classes", "labels"),
    [
        (("run", "jump up"), None, ("jump up", "run"), {"run": 1, "jump up": 0}),
        (("10", "9", "2"), None, ("2", "9", "10"), {"2": 0, "9": 1, "10": 2}),
        (("1", "0"), "run\njump\nsit\n", ("run", "jump", "sit"), {"0": 0, "1": 1}),
        (("jump",), "run\njump\n", ("run", "jump"), {"run": 0, "jump": 1}),
        (("1", "2"), "1 Run\n2 Jump\n", ("Run", "Jump"), {"1": 0, "2": 1}),
    ],
)
def test_labels(texts, listed, classes, labels, tmp_path: Path):
    if listed is not None:
        (tmp_path / "labels.txt").write_text(listed)
    found, numbered = read_labels(texts, [tmp_path], Remarks("data"))
    assert found == classes
    assert dict(numbered) == labels


def test_numbers_without_names_are_said(tmp_path: Path):
    remarks = Remarks("data")
    read_labels(["0", "1"], [tmp_path], remarks)
    assert remarks.notes == [
        "the classes are called by their numbers, 0, 1: no labels.txt beside the list names them"
    ]


@pytest.mark.parametrize("texts", [("0", "2"), ("run", "sit")])
def test_label_of_no_class_is_named(texts: tuple[str, ...], tmp_path: Path):
    (tmp_path / "labels.txt").write_text("run\njump\n")
    with pytest.raises(ValueError, match=r"labels.txt names 2 classes, .* not among them: (2|sit)"):
        read_labels(texts, [tmp_path], Remarks("data"))
