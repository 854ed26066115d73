"""Steps are the same on any number of ranks and micro-batches, also if these change in mid-run."""

from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from iclip.checkpoints import load_checkpoint
from tests.support.tiny_run.config import tiny_config, with_method
from tests.support.train_process import finish, finish_on_two_ranks, output, records

NUM_STEPS, GLOBAL_BATCH = 40, 24


def config(folder: Path, steps: int = NUM_STEPS) -> Config:
    """A run of iCLIP whose step is the same on any number of ranks."""
    cfg = with_method(tiny_config(folder), folder)
    cfg.global_batch_size = GLOBAL_BATCH
    cfg.train_dataloader.pop("batch_size")
    cfg.train_cfg.max_iters = steps
    cfg.default_hooks.checkpoint.interval = 20
    return cfg


@pytest.fixture(scope="module")
def on_one_rank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of 40 steps on one rank."""
    folder = tmp_path_factory.mktemp("one_rank")
    assert finish(config(folder), folder) == 0, output(folder)
    return folder


@pytest.fixture(scope="module")
def on_two_ranks_then_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of 20 steps on two ranks and 20 more on one, in micro-batches."""
    folder = tmp_path_factory.mktemp("two_ranks_then_one")
    half = config(folder, 20)
    half.micro_batch_size = 6
    assert finish_on_two_ranks(half, folder) == [0, 0], output(folder)
    options = ("--resume", "--micro-batch-size", "6")
    assert finish(config(folder), folder, *options) == 0, output(folder)
    return folder


def samples_of_steps(folder: Path) -> list[list[list[int]]]:
    """The images of each step on all ranks, sorted."""
    steps: list[list[list[int]]] = [[] for _ in range(NUM_STEPS)]
    for record in records(folder):
        steps[record["iteration"]] += record["samples"]
    return [sorted(samples) for samples in steps]


def losses_of_steps(folder: Path) -> dict[str, list[float]]:
    """Each loss of each step; all ranks log the same."""
    steps: dict[int, dict[str, float]] = {}
    for record in records(folder):
        assert steps.setdefault(record["iteration"], record["losses"]) == record["losses"]
    return {name: [steps[k][name] for k in range(NUM_STEPS)] for name in steps[0]}


def test_samples_are_the_same(on_one_rank: Path, on_two_ranks_then_one: Path):
    whole = samples_of_steps(on_one_rank)
    assert all(len(samples) == GLOBAL_BATCH for samples in whole)
    assert samples_of_steps(on_two_ranks_then_one) == whole


def test_losses_are_the_same_to_rounding(on_one_rank: Path, on_two_ranks_then_one: Path):
    whole, divided = losses_of_steps(on_one_rank), losses_of_steps(on_two_ranks_then_one)
    assert set(whole) == {"loss", "loss_cls", "loss_con"}
    for name, values in whole.items():
        assert divided[name] == pytest.approx(values, rel=1e-5)
    # The weights of the last steps are others than those of the first.
    assert whole["loss"][-1] < 0.9 * whole["loss"][0]


def test_checkpoint_holds_the_consumed_samples_of_each_source(on_two_ranks_then_one: Path):
    checkpoint = load_checkpoint(on_two_ranks_then_one / "run" / "latest.pth")
    consumed: dict[str, Any] = checkpoint["message_hub"]["runtime_info"]["samples_consumed"]
    half = NUM_STEPS * GLOBAL_BATCH // 2
    assert consumed == {"labelled": half, "pairs": half}
    meta = checkpoint["meta"]
    assert (meta["samples_seen"], meta["global_batch_size"]) == (2 * half, GLOBAL_BATCH)


def test_log_says_how_the_step_was_divided(on_two_ranks_then_one: Path):
    text = output(on_two_ranks_then_one)
    assert text.count("Samples per step: 24 = 2 processes x 2 x 6") == 1
    assert text.count("Samples per step: 24 = 1 process x 4 x 6") == 1
    assert "The steps keep their samples" in text
