"""Two processes on the CPU, as torchrun starts them, train one model."""

import json
from pathlib import Path
from typing import Any

import pytest

from iclip.checkpoints import load_checkpoint
from tests.support.tiny_run.config import tiny_config, with_hooks, with_validation
from tests.support.train_process import finish_on_two_ranks, output, records

NUM_ITERS, BATCH_SIZE = 4, 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that has validated twice."""
    folder = tmp_path_factory.mktemp("ranks")
    cfg = with_validation(tiny_config(folder, train_cfg__max_iters=NUM_ITERS), interval=2)
    with_hooks(cfg, dict(type="RecordWeight", path=str(folder / "weights.txt")))
    assert finish_on_two_ranks(cfg, folder) == [0, 0], output(folder)
    return folder


@pytest.fixture
def checkpoint(folder: Path) -> dict[str, Any]:
    return load_checkpoint(folder / "run" / "latest.pth")


def records_of(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [record for record in records(folder) if kind in record]


def test_checkpoint_counts_the_samples_of_both_ranks(checkpoint: dict[str, Any]):
    meta = checkpoint["meta"]
    counts = (meta["iter"], meta["world_size"], meta["samples_seen"])
    assert counts == (NUM_ITERS, 2, NUM_ITERS * 2 * BATCH_SIZE)


def test_each_rank_reads_its_own_samples(folder: Path):
    batches = {json.dumps(record["first"]) for record in records_of(folder, "iteration")}
    assert len(batches) == NUM_ITERS * 2


def test_both_ranks_know_the_metrics_of_the_whole_data_set(folder: Path):
    counts = [record["large/count"] for record in records_of(folder, "validated")]
    assert counts == [10] * 4  # two validations on two ranks


def test_averaged_gradients_keep_the_weights_of_the_ranks_equal(folder: Path):
    sums = (folder / "weights.txt").read_text().split()
    assert len(sums) == NUM_ITERS * 2
    assert len(set(sums)) == NUM_ITERS


def test_validated_buffers_are_those_of_the_checkpoint(folder: Path, checkpoint: dict[str, Any]):
    validated = records_of(folder, "validated")[-1]["large/brightness"]
    assert validated == pytest.approx(checkpoint["state_dict"]["brightness"].item())
