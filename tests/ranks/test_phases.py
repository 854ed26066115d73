"""A process knows what it is doing, for how long, and what it has spent its time in."""

from types import SimpleNamespace
from typing import Any

import pytest

from iclip.ranks import phases
from iclip.ranks.phases import WAITING, current_phase, during, enter, exchanging, take_seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that stands still unless moved, and a process that has done nothing yet."""
    now = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(phases.time, "monotonic", lambda: now.seconds)
    monkeypatch.setattr(phases, "_STATE", phases._State())
    return now


def test_phase_lasts_from_its_beginning(clock: Any):
    enter("loading data", 1200, limit_s=7)
    clock.seconds += 3
    phase = current_phase()
    assert (phase.name, phase.limit_s, phase.seconds) == ("loading data", 7, 3)
    assert str(phase) == "loading data (iteration 1,200)"


def test_the_same_phase_again_begins_anew(clock: Any):
    enter("validating")
    clock.seconds += 3
    enter("validating")
    assert current_phase().seconds == 0


def test_block_gives_the_phase_around_it_back_even_after_an_error():
    enter("forward pass", 8, limit_s=5)
    with pytest.raises(ValueError), during("saving"):
        assert str(current_phase()) == "saving (iteration 8)"
        assert current_phase().limit_s is None
        raise ValueError
    assert (current_phase().name, current_phase().limit_s) == ("forward pass", 5)


def test_exchange_names_what_it_is_part_of_once_and_keeps_its_limit():
    enter("forward pass", limit_s=5)
    with exchanging(), exchanging():
        assert current_phase().name == f"forward pass, {WAITING}"
        assert current_phase().may_wait
        assert current_phase().limit_s == 5


def test_seconds_add_up_per_phase_without_those_of_inner_ones(clock: Any):
    enter("a")
    take_seconds()
    for _ in range(2):
        clock.seconds += 1
        with during("b"):
            clock.seconds += 10
        clock.seconds += 2
    assert take_seconds() == {"a": 6, "b": 20}
    clock.seconds += 5
    assert take_seconds() == {"a": 5}, "the current phase counts so far, and once"
