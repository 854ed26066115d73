"""Which of a file's parts are the weights, by a fixed rule or by name."""

import argparse
from pathlib import Path
from typing import Any

import pytest
import torch

from iclip.checkpoints import read_weights
from tests.checkpoints.weights_in_parts import TABLE, network, save, value


@pytest.mark.parametrize(
    ("content", "taken", "others"),
    [
        ({"state_dict": network(1), "state_dict_ema": network(2)}, 1, ["state_dict_ema"]),
        ({"model_ema": network(2), "model": network(1)}, 1, ["model_ema"]),
        ({"ema_state_dict": network(2), "state_dict": network(1)}, 1, ["ema_state_dict"]),
        ({"model_ema": network(2), "epoch": 3}, 2, []),
        ({"state_dict_ema": network(2), "optimizer": network(5)}, 2, []),
        ({"module": network(1), "optimizer_states": [network(4)]}, 1, []),
        ({"model": {"state_dict": network(1)}, "scaler": {"scale": torch.ones(1)}}, 1, []),
        ({"net": network(1), "rng_state": torch.ones(3)}, 1, []),
        ({"model": network(1), "loss_fn": {"margin": torch.ones(1)}}, 1, []),
        ({"backbone": network(1), "head": {"weight": torch.ones(1)}}, 1, []),
        (network(1), 1, []),
        (network(1) | {"args": argparse.Namespace(ema=True)}, 1, []),
    ],
)
def test_trained_weights_come_before_averages(
    content: dict[str, Any], taken: float, others: list[str], tmp_path: Path
):
    file = read_weights(save(tmp_path / "a.pth", **content))
    assert file.tensors[TABLE].item() == taken
    assert list(file.others) == others


@pytest.mark.parametrize("odd", [{}, {"args": argparse.Namespace(a=1)}], ids=["plain", "odd"])
def test_other_part_is_taken_by_its_name(odd: dict[str, Any], tmp_path: Path):
    file = save(tmp_path / "a.pth", state_dict=network(1), state_dict_ema=network(2), **odd)
    assert value(f"{file}#state_dict_ema") == 2
    assert value(f"{file}#state_dict") == 1


def test_equal_parts_have_to_be_named(tmp_path: Path):
    file = save(tmp_path / "a.pth", student=network(1), teacher=network(2))
    with pytest.raises(ValueError, match=r"2 sets of weights: student, teacher.*a\.pth#student"):
        read_weights(file)
    assert value(f"{file}#teacher") == 2


def test_absent_part_is_named_beside_the_parts_there_are(tmp_path: Path):
    file = save(tmp_path / "a.pth", model=network(1), model_ema=network(2))
    with pytest.raises(ValueError, match=r"a\.pth#ema: the file has no such part.* are model, mod"):
        read_weights(f"{file}#ema")


def test_circular_content_is_read(tmp_path: Path):
    content: dict[str, Any] = {"model": network(1), "args": argparse.Namespace(a=1)}
    content["again"] = content
    assert value(save(tmp_path / "a.pth", **content)) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"epoch": 3, "model": {}}, "its keys are 'epoch', 'model'"),
        ([1, 2], "it is a list"),
        (
            torch.nn.Linear(1, 1),
            r"it is a whole object of class torch\.nn\.modules\.linear\.Linear.*save",
        ),
    ],
)
def test_content_without_named_tensors_is_described(content: Any, told: str, tmp_path: Path):
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(ValueError, match=f"holds no tensor under a name: {told}"):
        read_weights(tmp_path / "a.pth")
