"""Times by a clock that the steps themselves move on."""

import time

import pytest

from iclip.benchmarks.harness.settings import Settings
from iclip.benchmarks.harness.timing import Laps, interleaved, medians, seconds_of


class Clock:
    """Time that passes only in steps; notes their order."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []

    def step(self, name: str, *seconds: float):
        """Return a step that takes these seconds, one after the other."""
        left = list(seconds)

        def run() -> None:
            self.order.append(name)
            self.now += left.pop(0)

        return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for name in ("time", "perf_counter"):
        monkeypatch.setattr(time, name, lambda: made.now)
    return made


def test_one_call_includes_the_work_of_the_device(clock: Clock, monkeypatch: pytest.MonkeyPatch):
    wait = clock.step("wait", 1.0, 0.5)
    monkeypatch.setattr(Settings, "wait", lambda _: wait())
    assert seconds_of(clock.step("run", 2.0), Settings("cpu")) == 2.5
    assert clock.order == ["wait", "run", "wait"]


def test_medians_are_of_interleaved_rounds_without_the_warm_up(clock: Clock):
    runs = {"a": clock.step("a", 99.0, 1.0, 5.0, 2.0), "b": clock.step("b", 0.0, 7.0, 7.0, 8.0)}
    assert medians(runs, Settings("cpu", rounds=3)) == ({"a": 2.0, "b": 7.0}, 3)
    assert clock.order == ["a", "b"] * 4


def test_what_comes_before_a_call_does_not_count(clock: Clock):
    before = clock.step("before", *[50.0] * 4)
    runs = {"a": clock.step("a", 1.0, 2.0), "b": clock.step("b", 3.0, 4.0)}
    found = interleaved(runs, Settings("cpu", rounds=1), before=before)
    assert found == {"a": [2.0], "b": [4.0]}
    assert clock.order == ["before", "a", "before", "b"] * 2


@pytest.mark.parametrize(("share", "rounds"), [(1.0, 4), (0.5, 2), (0.01, 1)])
def test_rounds_end_when_the_share_of_the_time_is_over(share: float, rounds: int, clock: Clock):
    found = medians({"a": clock.step("a", *[10.0] * 6)}, Settings("cpu", until=49.0), share)
    assert found == ({"a": 10.0}, rounds)


def test_laps_follow_each_other(clock: Clock):
    clock.now = 3.0
    laps = Laps(Settings("cpu"))
    for name, seconds in (("forward", 1.0), ("backward", 2.0)):
        clock.now += seconds
        laps.lap(name)
    assert laps.seconds == {"forward": 1.0, "backward": 2.0}
