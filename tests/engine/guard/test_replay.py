"""A step that was kept is run again, and the module where it broke is named."""

import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from iclip.checkpoints import load_checkpoint
from iclip.engine.guard.kept_steps import read_kept_step, weights_name, write_kept_step
from iclip.engine.guard.replay import replay_step
from tests.support.planted_fault import keep_planted_step, planted_batch

VERDICTS = {
    "output": "The first module whose output is not finite: backbone.middle.planted",
    "code": "The first module that reads a value which is not finite: backbone.last. No module put "
    "it out: it came from the code of backbone, or with the batch",
    "gradient": "All outputs and losses are finite. The first gradient that is not: with respect "
    "to the output of backbone.first; it became so in the backward pass of backbone.middle.planted",
}


def altered(file: Path, folder: Path, **parts: Any) -> Path:
    return write_kept_step(folder, {**read_kept_step(file), **parts})


@pytest.mark.parametrize("fault", VERDICTS)
@pytest.mark.parametrize("parts", [1, 2])
def test_planted_module_is_named(parts: int, fault: str, tmp_path: Path):
    batches = [planted_batch()] if parts == 1 else [planted_batch(), planted_batch(False)]
    replay = replay_step([keep_planted_step(tmp_path, fault, batches)])
    # Of two micro-batches, the first pass encodes the pairs, and the second one all.
    assert replay.verdict().replace(" (call 2)", "").startswith(VERDICTS[fault])
    assert not replay.is_finite


def test_losses_are_those_of_the_run(tmp_path: Path):
    file = keep_planted_step(tmp_path, "gradient")
    losses = read_kept_step(file)["losses"]
    replay = replay_step([file])
    assert losses.keys() == {"loss_cls", "loss_con"}
    assert {name: replay.losses[name] for name in losses} == losses
    assert all(map(math.isfinite, losses.values()))


def test_files_of_the_ranks_are_one_step(tmp_path: Path):
    """The losses are those of a step over all micro-batches, whose classes and pairs they share."""
    parts = [planted_batch(), planted_batch(False)]
    file = keep_planted_step(tmp_path, "gradient", parts)
    expected = replay_step([file]).losses
    ranks = [
        altered(file, tmp_path, rank=rank, world_size=2, batches=[part])
        for rank, part in enumerate(parts)
    ]
    assert replay_step(ranks).losses == expected


def test_gradients_of_parameters_are_recorded(tmp_path: Path):
    replay = replay_step([keep_planted_step(tmp_path, "gradient")])
    finite = {record.what: record.is_finite for record in replay.gradients}
    assert not finite["gradient of backbone.first.weight"]
    assert finite["gradient of backbone.last.weight"]
    assert finite["gradient of logit_scale"]


def test_weights_that_were_not_finite_are_named(tmp_path: Path):
    file = keep_planted_step(tmp_path, "output")
    weights = file.parent / weights_name(2)
    checkpoint = load_checkpoint(weights)
    checkpoint["state_dict"]["backbone.last.weight"][0, 0] = math.nan
    torch.save(checkpoint, weights)
    expected = "The weights were not finite before the step, first: weight backbone.last.weight"
    assert replay_step([file]).verdict() == expected


def test_fault_that_does_not_come_again_is_said(tmp_path: Path):
    file = keep_planted_step(tmp_path, "output")
    step = read_kept_step(file)
    write_kept_step(tmp_path, {**step, "batches": [planted_batch(False)]})
    replay = replay_step([file])
    assert replay.is_finite
    assert replay.verdict() == "Every value of the step is finite"


def test_files_of_two_steps_are_refused(tmp_path: Path):
    file = keep_planted_step(tmp_path, "output")
    other = altered(file, tmp_path, iteration=3)
    with pytest.raises(ValueError, match=r"are of different steps; give .*iter_2_rank_\*\.pth"):
        replay_step([file, other])


def test_missing_weights_are_asked_for(tmp_path: Path):
    file = shutil.move(keep_planted_step(tmp_path, "output"), tmp_path)
    with pytest.raises(
        FileNotFoundError, match=r"weights_before_iter_2\.pth does not exist: rank 0"
    ):
        replay_step([Path(file)])


@pytest.mark.parametrize("kind", ["FasterRCNN", "mmdet.FasterRCNN", "Adam"])
def test_step_of_a_downstream_task_is_refused(kind: str, tmp_path: Path):
    file = keep_planted_step(tmp_path, "output")
    weights = file.parent / weights_name(2)
    checkpoint = load_checkpoint(weights)
    checkpoint["meta"]["model"]["type"] = kind
    torch.save(checkpoint, weights)
    with pytest.raises(ValueError, match=f"is of model.type='{kind}', a downstream task's"):
        replay_step([file])
