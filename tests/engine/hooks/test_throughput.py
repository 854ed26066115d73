"""Rates, temperature and learning rates of the log."""

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from iclip.engine.hooks import throughput
from iclip.engine.hooks.throughput import LogThroughput
from tests.support.fake_runner import fake_runner


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that stands still unless moved."""
    now = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(throughput.time, "perf_counter", lambda: now.seconds)
    return now


def runner(groups: tuple[dict[str, Any], ...] = ()) -> Any:
    model = nn.Module()
    model.logit_scale = nn.Parameter(torch.tensor(math.log(20.0)))
    return fake_runner(model=model, optim_wrapper=SimpleNamespace(param_groups=groups))


def scalar(runner: Any, name: str) -> float:
    return runner.message_hub.get_scalar(f"train/{name}").current()


def iterate(hook: LogThroughput, run: Any, clock: Any, *seconds: float) -> None:
    """Run iterations of 8 images that take so many seconds."""
    for duration in seconds:
        clock.seconds += duration
        hook.after_train_iter(run, 0, data_batch={"inputs": torch.zeros(8)})


def started(run: Any, window: int = 50) -> LogThroughput:
    hook = LogThroughput(window)
    hook.before_train_epoch(run)
    return hook


def test_rate_is_images_over_time_of_the_last_iterations(clock: Any):
    run = runner()
    iterate(started(run, window=2), run, clock, 7.0, 1.0, 3.0)
    assert scalar(run, "images_per_second") == pytest.approx(16 / 4)


def test_validation_does_not_count_into_the_rate(clock: Any):
    run = runner()
    hook = started(run)
    iterate(hook, run, clock, 3.0)
    clock.seconds += 1000
    hook.after_val(run)
    iterate(hook, run, clock, 1.0)
    assert scalar(run, "images_per_second") == pytest.approx(16 / 4)


def test_images_of_all_iterations_are_counted(clock: Any):
    run = runner()
    iterate(started(run, window=2), run, clock, *[1.0] * 4)
    assert run.message_hub.get_info("samples_seen") == 32


def test_images_of_all_micro_batches_and_ranks_are_counted(
    clock: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(throughput, "get_world_size", lambda: 3)
    run = runner()
    hook = started(run)
    clock.seconds += 2.0
    hook.after_train_iter(run, 0, data_batch=[{"inputs": torch.zeros(8)}] * 4)
    assert run.message_hub.get_info("samples_seen") == 3 * 4 * 8
    assert scalar(run, "images_per_second") == pytest.approx(96 / 2)


def test_temperature_is_the_inverse_of_the_scale(clock: Any):
    run = runner()
    iterate(started(run), run, clock, 1.0)
    assert scalar(run, "temperature") == pytest.approx(0.05)


def test_rates_with_a_factor_are_logged_by_name(clock: Any):
    groups = (
        {"name": "decay", "lr": 1.0},
        {"name": "text_encoder.decay", "lr": 2.0},
        {"name": "text_encoder.no_decay", "lr": 2.0},
    )
    run = runner(groups)
    iterate(started(run), run, clock, 1.0)
    assert scalar(run, "lr_text_encoder") == 2.0
    assert "train/lr_" not in run.message_hub.log_scalars


def test_temperature_beyond_all_numbers_is_infinite(clock: Any):
    run = runner()
    run.model.logit_scale.data.fill_(-1000.0)
    iterate(started(run), run, clock, 1.0)
    assert scalar(run, "temperature") == math.inf
