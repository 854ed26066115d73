"""What a run does after a step that was not finite: go on, return to a checkpoint, or stop."""

import logging
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from mmengine.config import Config

from iclip.checkpoints import load_checkpoint
from iclip.engine.hooks import GuardNumbers, StopWhenNotFinite
from iclip.engine.step_flags import NOT_FINITE_SINCE, SKIPPED_STEPS
from tests.support.fake_runner import fake_runner
from tests.support.faulty_model import GuardedRun
from tests.support.tiny_run.config import tiny_config, with_hooks
from tests.support.train_process import finish, finish_on_two_ranks, output, records


def faults(run: GuardedRun, pattern: str) -> None:
    """Take iterations: ``x`` is faulty, ``.`` is not."""
    for sign in pattern:
        run.model.extra = math.nan if sign == "x" else 0.0
        run.iterate()


def test_faults_in_a_row_are_limited(tmp_path: Path):
    run = GuardedRun(tmp_path, hook=GuardNumbers(max_in_row=2, keep_steps=0))
    faults(run, "xx.xx.")
    expected = r"stops at iteration 9 of 100: loss_con is nan, after 2 steps in a row were skipped"
    with pytest.raises(ValueError, match=expected):
        faults(run, "xxx")
    assert run.runner.message_hub.get_info(SKIPPED_STEPS) == 6


@pytest.mark.parametrize(
    "hook", [GuardNumbers("stop"), StopWhenNotFinite(), GuardNumbers(max_in_row=0)]
)
def test_first_fault_stops_where_that_is_wished(hook: Any, tmp_path: Path):
    run = GuardedRun(tmp_path, hook=hook)
    faults(run, ".")
    before = run.state()
    with pytest.raises(ValueError, match=r"stops at iteration 2 of 100: loss_con is nan[.,] "):
        faults(run, "x")
    assert run.state() == before


def test_returns_to_a_checkpoint_are_limited(tmp_path: Path):
    """Before the first one, the step is skipped."""
    hook = GuardNumbers("rollback", max_rollbacks=2, max_in_row=1, keep_steps=0)
    run = GuardedRun(tmp_path, hook=hook, loop=SimpleNamespace(return_to=None))
    faults(run, "x.")
    assert run.runner.train_loop.return_to is None
    checkpoint = tmp_path / "iter_2.pth"
    torch.save({"state_dict": {}, "meta": {"finite": True}}, checkpoint)
    for _ in range(2):
        faults(run, "x")
        assert run.runner.train_loop.return_to == checkpoint
    expected = "loss_con is nan, after 2 returns to a checkpoint, which is max_rollbacks"
    with pytest.raises(ValueError, match=expected):
        faults(run, "x")


def test_hub_says_since_when_no_step_was_finite(tmp_path: Path):
    run, seen = GuardedRun(tmp_path), []
    for sign in ".xx..x.":
        faults(run, sign)
        seen.append(run.runner.message_hub.get_info(NOT_FINITE_SINCE))
    assert seen == [None, 2, 3, None, None, 6, None]


def test_no_step_was_finite_while_gradients_accumulate(tmp_path: Path):
    run, seen = GuardedRun(tmp_path, accumulative_counts=2), []
    for sign in "..x..x..":
        faults(run, sign)
        seen.append(run.runner.message_hub.get_info(NOT_FINITE_SINCE))
    assert seen == [None, None, 3, 3, 3, 6, 6, None]


def test_skipped_step_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    run = GuardedRun(tmp_path)
    with caplog.at_level(logging.INFO):
        faults(run, ".xx.")
        run.hook.after_train(run.runner)
    assert caplog.messages == [
        "Step 2 is left out: loss_con is nan (1 in a row, of at most 5). Samples: not known",
        "Step 3 is left out: loss_con is nan (2 in a row, of at most 5). Samples: not known",
        "Steps left out because numbers were not finite: 2; returns to a checkpoint: 0",
    ]
    assert run.runner.message_hub.get_scalar("train/skipped_steps").current() == 2


def test_run_without_faults_leaves_no_trace(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    run = GuardedRun(tmp_path)
    with caplog.at_level(logging.INFO):
        faults(run, "...")
        run.hook.after_train(run.runner)
    assert not caplog.messages
    assert not run.runner.message_hub.runtime_info


def test_message_says_which_checkpoint_is_left_and_what_to_change(tmp_path: Path):
    run = GuardedRun(tmp_path, hook=StopWhenNotFinite())
    with pytest.raises(ValueError, match="no checkpoint was saved before"):
        faults(run, "x")
    (tmp_path / "iter_7.pth").touch()
    expected = rf"the last checkpoint is {tmp_path / 'iter_7.pth'}\..*optim_wrapper\.optimizer\.lr"
    with pytest.raises(ValueError, match=expected):
        faults(run, "x")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            {"on_fault": "ignore"},
            r"on_fault is 'ignore'; it takes one of 'skip', 'rollback', 'stop'",
        ),
        ({"max_in_row": -1}, r"GuardNumbers\.max_in_row is -1; it takes a whole number from 0 up"),
        ({"max_rollbacks": True}, r"max_rollbacks is True; it takes a whole number"),
        ({"keep_steps": 1.5}, r"keep_steps is 1\.5; it takes a whole number"),
    ],
)
def test_settings_are_checked(setting: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        GuardNumbers(**setting)


def test_loop_that_cannot_return_is_refused():
    hook = GuardNumbers("rollback")
    expected = r"on_fault is 'rollback', and train_cfg\.type is object, which cannot leave samples"
    with pytest.raises(ValueError, match=expected):
        hook.before_train(fake_runner(train_loop=object()))


@pytest.mark.parametrize("runtime", ["configs/_base_/runtime.py", "downstream/_base_/runtime.py"])
def test_every_run_has_the_hook(runtime: str, repo_root: Path):
    hooks = Config.fromfile(repo_root / runtime, import_custom_modules=False).custom_hooks
    assert "GuardNumbers" in [hook.type.removeprefix("iclip.") for hook in hooks]


def test_run_that_diverges_ends_with_its_last_good_checkpoint(tmp_path: Path):
    cfg = tiny_config(tmp_path, model__not_finite_from=5)
    assert finish(cfg, tmp_path) == 2
    text = output(tmp_path)
    assert "ERROR: Training stops at iteration 11 of 12: loss_con is nan, after 5 steps" in text
    assert f"the last checkpoint is {tmp_path / 'run' / 'iter_4.pth'}" in text
    weights = load_checkpoint(tmp_path / "run" / "latest.pth")["state_dict"]
    assert all(value.isfinite().all() for value in weights.values())


@pytest.fixture(scope="module")
def two_ranks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose rank 1 alone meets faults in steps 6 and 7."""
    folder = tmp_path_factory.mktemp("ranks")
    cfg = tiny_config(folder, model__not_finite_from=5, model__not_finite_rank=1)
    cfg.model.not_finite_until = 7
    with_hooks(cfg, dict(type="RecordWeight", path=str(folder / "weights.txt")))
    assert finish_on_two_ranks(cfg, folder) == [0, 0], output(folder)
    return folder


def test_all_ranks_skip_the_same_steps(two_ranks: Path):
    sums = (two_ranks / "weights.txt").read_text().split()
    assert len(sums) == 24
    by_step = [sums[i : i + 2] for i in range(0, 24, 2)]
    assert all(first == second for first, second in by_step)
    steps = [first for first, _ in by_step]
    assert steps[4] == steps[5] == steps[6]
    assert len(set(steps)) == 10


def test_rank_samples_and_files_of_a_skipped_step_are_named(two_ranks: Path):
    text = output(two_ranks)
    assert "Step 6 is left out: loss_con is nan on rank 1 (1 in a row, of at most 5)" in text
    # Rank 0 has the first 4 of each 8 samples of the 6th step.
    assert "rank 0: source 0, sample 40, source 0, sample 41" in text
    assert "rank 1: source 0, sample 44, source 0, sample 45" in text
    assert "Steps left out because numbers were not finite: 2" in text
    kept = sorted(file.name for file in (two_ranks / "run" / "not_finite").iterdir())
    assert kept == ["iter_6_rank_0.pth", "iter_6_rank_1.pth", "weights_before_iter_6.pth"]


def test_log_of_a_run_with_skipped_steps_stays_finite(two_ranks: Path):
    lines = [line for line in output(two_ranks).splitlines() if " img/s " in line]
    assert len(lines) == 3
    assert not [line for line in lines if "nan" in line]
    assert "skipped 2" in lines[-1]


def test_skipped_steps_are_counted_through_a_resume(tmp_path: Path):
    cfg = tiny_config(tmp_path, model__not_finite_from=5)
    cfg.model.not_finite_until = 6
    cfg.train_cfg.max_iters = 8
    assert finish(cfg, tmp_path) == 0
    cfg.train_cfg.max_iters = 12
    cfg.model.not_finite_from, cfg.model.not_finite_until = 9, 10
    assert finish(cfg, tmp_path, "--resume") == 0
    hub = load_checkpoint(tmp_path / "run" / "latest.pth")["message_hub"]
    assert hub["runtime_info"][SKIPPED_STEPS] == 2
    assert hub["runtime_info"][NOT_FINITE_SINCE] is None
    assert {record["iteration"] for record in records(tmp_path)} == set(range(12))
