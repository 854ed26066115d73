"""What a measurement is told of the device's memory and of the time."""

import time

import pytest
import torch

from iclip.benchmarks.harness.settings import Peak, Settings


def test_peak_is_read_after_it_was_reset_and_above_what_there_was(monkeypatch: pytest.MonkeyPatch):
    calls = []
    answers = {"memory_allocated": 2**30, "max_memory_allocated": 4 * 2**30}
    for name in ("synchronize", "reset_peak_memory_stats", *answers):
        monkeypatch.setattr(
            torch.cuda, name, lambda name=name: (calls.append(name), answers.get(name))[1]
        )
    with Settings("cuda").memory() as peak:
        calls.append("block")
    assert (peak.total, peak.above) == (4.0, 3.0)
    assert calls == [
        "synchronize", "reset_peak_memory_stats", "memory_allocated", "block",
        "synchronize", "max_memory_allocated",
    ]  # fmt: skip


def test_memory_of_a_cpu_is_not_measured():
    with Settings("cpu").memory() as peak:
        torch.ones(100)
    assert (peak.total, peak.above, str(peak)) == (0.0, 0.0, "")


def test_peak_is_said_in_gib():
    assert str(Peak(12.345, 0.5)) == "peak 12.35 GiB, 0.50 above before"


def test_time_left_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(time, "time", lambda: 100.0)
    assert Settings(until=130.0).left == 30.0
    assert Settings().left == float("inf")


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_autocast_multiplies_in_half_precision(precision: torch.dtype):
    with Settings("cpu").autocast(precision):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == precision
