"""Heads are those of the checkpoint where it is a model of the data's task and classes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from iclip.checkpoints.model_files import write_model_file
from iclip.finetune.heads import NEW, choose_heads, in_order_of, that_differ
from tests.support.own_choice import own_data


def model_file(folder: Path, **changes: Any) -> str:
    settings = dict(task="detection", classes=["cat", "dog"], config={}) | changes
    write_model_file(folder / "best.pth", {"a": torch.ones(2)}, **settings)
    return str(folder / "best.pth")


def test_same_classes_in_another_order_keep_the_heads(tmp_path: Path):
    heads = choose_heads(model_file(tmp_path), "detection", ["dog", "cat"])
    assert heads.model is not None
    assert heads.why == "backbone and heads, of the same 2 classes"


@pytest.mark.parametrize(
    ("changes", "task", "why"),
    [
        (dict(classes=["cat", "cow"]), "detection",
         "the backbone; the heads are new, since classes differ (cow, dog)"),
        (dict(classes=["cat"]), "detection", "the heads are new, since classes differ (dog)"),
        (dict(task="segmentation"), "detection", NEW.why),
    ],
)  # fmt: skip
def test_other_classes_or_another_task_begin_with_new_heads(
    changes: dict[str, Any], task: str, why: str, tmp_path: Path
):
    heads = choose_heads(model_file(tmp_path, **changes), task, ["cat", "dog"])
    assert heads.model is None
    assert why in heads.why


def test_part_of_a_file_and_pre_trained_weights_have_no_heads(tmp_path: Path):
    torch.save({"state_dict": {"backbone.a": torch.ones(2)}, "meta": {}}, tmp_path / "latest.pth")
    for checkpoint in (None, f"{model_file(tmp_path)}#backbone", str(tmp_path / "latest.pth")):
        assert choose_heads(checkpoint, "detection", ["cat", "dog"]) == NEW


def test_labels_become_those_of_the_heads(tmp_path: Path):
    class Relabelled:
        def __init__(self, labels: tuple[int, ...]) -> None:
            self.class_labels = labels

        def relabelled(self, labels: list[int]) -> "Relabelled":
            return Relabelled(tuple(labels[label] for label in self.class_labels))

    parts = {"train": [Relabelled((0, 1, 1))]}
    data = replace(own_data(classes=("dog", "cat")), parts=parts)
    heads = choose_heads(model_file(tmp_path), "detection", data.classes)
    ordered = in_order_of(heads, data)
    assert ordered.classes == ("cat", "dog")
    assert ordered.parts["train"][0].class_labels == (1, 0, 0)
    assert "the order of the classes is the checkpoint's" in ordered.notes
    assert in_order_of(NEW, data) is data


def test_other_tensors_are_a_reason():
    assert that_differ("1 tensor, such as x").why.endswith("differs in 1 tensor, such as x")
