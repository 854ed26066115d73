"""The log names the rank that waits for data, and the one that the others wait for."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from mmengine.hooks import LoggerHook

from iclip.engine.hooks import LogRankTimes, log_rank_times
from iclip.engine.hooks.log_rank_times import RankTimes, slowest
from iclip.ranks import phases
from iclip.ranks.phases import WAITING, enter
from tests.support.fake_runner import fake_runner


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that stands still unless moved, in the first of three ranks."""
    now = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(phases.time, "monotonic", lambda: now.seconds)
    monkeypatch.setattr(phases, "_STATE", phases._State())
    monkeypatch.setattr(log_rank_times, "get_world_size", lambda: 3)
    monkeypatch.setattr(log_rank_times.socket, "gethostname", lambda: "node0")
    return now


def started(interval: int = 2) -> tuple[LogRankTimes, Any]:
    runner = fake_runner(hooks=[LoggerHook(interval=interval)])
    hook = LogRankTimes()
    hook.before_train(runner)
    hook.before_train_epoch(runner)
    return hook, runner


def iterate(hook: LogRankTimes, runner: Any, clock: Any, loading: float) -> None:
    enter("loading data")
    clock.seconds += loading
    enter(f"forward pass, {WAITING}")
    clock.seconds += 2 - loading
    hook.after_train_iter(runner, runner.iter)
    runner.iter += 1


def test_longest_wait_for_data_is_logged_with_its_rank(clock: Any, monkeypatch: pytest.MonkeyPatch):
    sent = []

    def gather(own: Any) -> list[Any]:
        sent.append(own)
        return [own, ("node1", {"loading data": 0.1}), ("node1", {"loading data": 0.3})]

    monkeypatch.setattr(log_rank_times, "gather_objects", gather)
    hook, runner = started()
    iterate(hook, runner, clock, 0.1)
    iterate(hook, runner, clock, 0.2)
    ((machine, seconds),) = sent
    assert machine == "node0"
    assert seconds == pytest.approx(
        {"starting": 0, "loading data": 0.15, f"forward pass, {WAITING}": 1.85}
    )
    hub = runner.message_hub
    assert hub.get_scalar("train/data_wait_max").current() == 0.3
    assert hub.get_scalar("train/data_wait_rank").current() == 2


def test_slow_rank_is_named_once_in_a_while(
    clock: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    slow = ("node1", {"loading data": 1.8, "forward pass": 0.2})
    monkeypatch.setattr(log_rank_times, "gather_objects", lambda own: [own, slow, own])
    hook, runner = started(interval=1)
    for _ in range(log_rank_times.REPORTS_APART + 1):
        iterate(hook, runner, clock, 0.1)
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
        "The other ranks wait for rank 1 on node1, which is slow in loading data: 1.8 s of a step "
        "of 2 s, 0.1 s on the median rank"
    ] * 2


def test_small_differences_are_normal(
    clock: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    slow = ("node1", {"loading data": 0.4, "forward pass": 1.6})
    monkeypatch.setattr(log_rank_times, "gather_objects", lambda own: [own, slow, slow])
    hook, runner = started()
    iterate(hook, runner, clock, 0.1)
    iterate(hook, runner, clock, 0.1)
    assert not caplog.records


def test_waiting_ranks_are_not_the_slow_ones():
    ranks = [
        RankTimes(
            0,
            "a",
            {
                "loading data": 0.1,
                f"forward pass, {WAITING}": 3.0,
                f"backward pass, or {WAITING}": 9,
            },
        ),
        RankTimes(1, "a", {"loading data": 0.1, f"forward pass, {WAITING}": 3.0}),
        RankTimes(2, "b", {"loading data": 0.9, "hooks after the step": 0.2}),
    ]
    slow = slowest(ranks)
    assert (slow.rank.rank, slow.phase, slow.usual) == (2, "loading data", 0.1)
    assert slow.excess == pytest.approx(0.8)


def test_validation_does_not_count(clock: Any, monkeypatch: pytest.MonkeyPatch):
    sent = []
    monkeypatch.setattr(log_rank_times, "gather_objects", lambda own: sent.append(own) or [own])
    hook, runner = started()
    iterate(hook, runner, clock, 0.5)
    clock.seconds += 1000
    hook.after_val(runner)
    iterate(hook, runner, clock, 0.5)
    assert sum(sent[0][1].values()) == pytest.approx(2)


def test_single_process_has_no_such_values(clock: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(log_rank_times, "get_world_size", lambda: 1)
    hook, runner = started(interval=1)
    iterate(hook, runner, clock, 0.5)
    assert "train/data_wait_max" not in runner.message_hub.log_scalars


@pytest.mark.parametrize("tolerance", [0, -1, float("inf"), True])
def test_tolerance_is_a_fraction(tolerance: Any):
    with pytest.raises(ValueError, match=r"LogRankTimes\.tolerance is .*; it takes a fraction"):
        LogRankTimes(tolerance)
