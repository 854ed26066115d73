"""A run that was killed at any moment goes on bit for bit."""

import functools
import random
import time
from pathlib import Path
from typing import Any

import pytest

from iclip.checkpoints import load_checkpoint
from tests.support.same_run import differences
from tests.support.tiny_run.config import tiny_config, with_hooks, with_method, with_validation
from tests.support.train_process import finish, output, records, start

VARIANTS = ("plain", "micro-batches and ema")
SAVING = ("half written", "before its name", "before latest", "before the old goes")


def config(folder: Path, variant: str) -> Any:
    folder.mkdir(exist_ok=True)
    cfg = tiny_config(folder)
    if variant != "plain":
        cfg = with_method(cfg, folder)
        cfg.micro_batch_size = 4
        cfg = with_hooks(cfg, dict(type="EMAHook", momentum=0.1))
    return cfg


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The uninterrupted run of a variant; each is run once."""

    @functools.cache
    def run(variant: str) -> Path:
        folder = tmp_path_factory.mktemp("uninterrupted")
        assert finish(config(folder, variant), folder) == 0, output(folder)
        return folder

    return run


def assert_same_run(folder: Path, reference: Path) -> None:
    """Every loss, learning rate and sample, the final weights and optimizer: bit for bit."""
    assert sorted(record["iteration"] for record in records(reference)) == list(range(12))
    assert load_checkpoint(reference / "run" / "latest.pth")["meta"]["samples_seen"] == 96
    assert differences(folder, reference) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_run_killed_between_checkpoints_goes_on_bit_for_bit(
    variant: str, uninterrupted: Any, tmp_path: Path
):
    cfg = config(tmp_path, variant)
    # A loaded machine may take longer to write beside the training than for the next two steps.
    cfg.default_hooks.checkpoint.in_background = False
    assert finish(with_hooks(cfg, dict(type="KillAfter", iteration=9)), tmp_path) == -9
    assert finish(config(tmp_path, variant), tmp_path, "--resume") == 0, output(tmp_path)
    assert len(records(tmp_path)) == 10 + 4  # 8 and 9 ran twice, nothing else did
    assert_same_run(tmp_path, uninterrupted(variant))


@pytest.mark.parametrize("moment", SAVING)
def test_run_killed_while_saving_keeps_a_checkpoint_and_goes_on(
    moment: str, uninterrupted: Any, tmp_path: Path
):
    cfg = config(tmp_path, "micro-batches and ema")
    assert finish(cfg, tmp_path, kill_while_saving=moment) == -9
    # The fixed name loads at every moment, to what it named before or to the new file.
    iteration = load_checkpoint(tmp_path / "run" / "latest.pth")["meta"]["iter"]
    assert iteration == (8 if moment == "before the old goes" else 4)
    assert finish(cfg, tmp_path, "--resume") == 0, output(tmp_path)
    assert not list((tmp_path / "run").glob("*.tmp"))
    assert_same_run(tmp_path, uninterrupted("micro-batches and ema"))


def test_run_killed_before_its_first_checkpoint_starts_again(uninterrupted: Any, tmp_path: Path):
    cfg = config(tmp_path, "plain")
    killed = with_hooks(config(tmp_path, "plain"), dict(type="KillAfter", iteration=1))
    assert finish(killed, tmp_path) == -9
    assert finish(cfg, tmp_path, "--resume") == 0, output(tmp_path)
    assert "holds no checkpoint yet: starting at iteration 0" in output(tmp_path)
    assert_same_run(tmp_path, uninterrupted("plain"))


def test_run_killed_from_outside_at_random_times_goes_on(uninterrupted: Any, tmp_path: Path):
    cfg = config(tmp_path, "plain")
    for seed in range(2):
        process = start(cfg, tmp_path, "--resume")
        deadline = time.monotonic() + 60
        while not (tmp_path / "record.jsonl").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(random.Random(seed).uniform(0, 0.3))
        process.kill()
        process.join()
    assert finish(cfg, tmp_path, "--resume") == 0, output(tmp_path)
    assert_same_run(tmp_path, uninterrupted("plain"))


def test_validation_does_not_change_the_training(uninterrupted: Any, tmp_path: Path):
    assert finish(with_validation(config(tmp_path, "plain"), 5), tmp_path) == 0, output(tmp_path)
    training = [record for record in records(tmp_path) if "iteration" in record]
    assert training == records(uninterrupted("plain"))


def test_validation_that_a_kill_cut_short_runs_after_the_resume(tmp_path: Path):
    cfg = with_validation(config(tmp_path, "plain"), 8)
    killed = with_validation(config(tmp_path, "plain"), 8)
    # The checkpoint of iteration 8 is written before the validation that follows it.
    with_hooks(killed, dict(type="KillAfter", iteration=7))
    assert finish(killed, tmp_path) == -9
    assert finish(cfg, tmp_path, "--resume") == 0, output(tmp_path)
    assert [r["validated"] for r in records(tmp_path) if "validated" in r] == [8, 12]
