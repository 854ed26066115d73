"""What a step needs to be run again is kept, with the names of its samples."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from iclip.checkpoints import load_checkpoint
from iclip.datasets.sample_key import SampleKey
from iclip.engine.guard.kept_steps import FOLDER, read_kept_step
from iclip.engine.guard.step_keeper import sample_names
from iclip.engine.hooks import GuardNumbers
from tests.support.fake_runner import fake_runner
from tests.support.faulty_model import GuardedRun


def run_with_a_fault(folder: Path, steps: int = 1) -> GuardedRun:
    run = GuardedRun(folder, hook=GuardNumbers(keep_steps=2))
    run.iterate()
    run.model.extra = math.nan
    for _ in range(steps):
        run.iterate(torch.full((2, 3), 5.0))
    return run


def test_step_is_kept_with_the_weights_that_it_found(tmp_path: Path):
    run = run_with_a_fault(tmp_path)
    step = read_kept_step(tmp_path / FOLDER / "iter_2_rank_0.pth")
    assert (step["iteration"], step["seed"], step["world_size"]) == (2, 0, 1)
    assert step["faults"] == "loss_con is nan"
    assert math.isnan(step["losses"]["loss_con"])
    assert step["batches"][0]["inputs"].tolist() == [[5.0] * 3] * 2
    weights = load_checkpoint(tmp_path / FOLDER / "weights_before_iter_2.pth")
    assert weights["meta"]["iter"] == 1
    for name, value in run.model.state_dict().items():
        assert weights["state_dict"][name].equal(value)


def test_first_of_steps_in_a_row_is_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    run = run_with_a_fault(tmp_path, steps=3)
    kept = {file.name for file in (tmp_path / FOLDER).iterdir()}
    assert kept == {"iter_2_rank_0.pth", "weights_before_iter_2.pth"}
    file = tmp_path / FOLDER / "iter_2_rank_0.pth"
    assert caplog.messages[0].endswith(f". To run it again: iclip replay {file}")
    assert caplog.messages[2].endswith(f"To run the first of them again: iclip replay {file}")
    for _ in range(2):
        run.model.extra = 0.0
        run.iterate()
        run.model.extra = math.nan
        run.iterate()
    kept = {file.name for file in (tmp_path / FOLDER).glob("iter_*")}
    assert kept == {"iter_6_rank_0.pth", "iter_8_rank_0.pth"}


def test_disk_that_takes_no_file_costs_the_files_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / FOLDER).write_text("a file in the folder's place")
    run = run_with_a_fault(tmp_path)
    assert "The step could not be kept: " in caplog.text
    run.model.extra = 0.0
    run.iterate()


class Keys:
    """A data loader that tells the keys of its steps."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def step_keys(self, iteration: int) -> list[list[SampleKey]]:
        return [[SampleKey(0, iteration, 1)], [SampleKey(1, 3, 2)]]


def names(dataset: Any) -> list[list[str]]:
    loop = SimpleNamespace(dataloader=Keys(dataset))
    return sample_names(fake_runner(iter=9, train_loop=loop), [{}, {}])


def test_samples_have_the_names_of_their_data_set():
    named = SimpleNamespace(sample_name=lambda key: f"{key.source}/{key.index}.jpg")
    assert names(named) == [["0/9.jpg"], ["1/3.jpg"]]
    assert names(object()) == [["source 0, sample 9"], ["source 1, sample 3"]]


def test_samples_of_the_frameworks_have_the_names_of_their_files():
    samples = [SimpleNamespace(img_path="a.jpg"), SimpleNamespace(filename="b.mp4")]
    batch = {"inputs": [], "data_samples": samples}
    assert sample_names(fake_runner(), batch) == [["a.jpg", "b.mp4"]]
    assert sample_names(fake_runner(), torch.ones(2)) == []
