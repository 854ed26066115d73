"""Peaks are those of the call alone."""

import sys

import pytest

from iclip.benchmarks.harness.process_memory import peak_gib, peak_gib_in_a_process
from iclip.benchmarks.harness.settings import Peak, Settings

MIB = 1 / 1024


def test_the_peak_is_what_the_call_holds_at_once():
    larger = bytearray(256 << 20)  # before the call, and freed before it
    del larger

    def run() -> None:
        for _ in range(2):
            held = bytearray(64 << 20)
            held[::4096] = b"x" * len(held[::4096])  # touches every page
            del held  # or the next one would be made beside it

    found = peak_gib(run, Settings("cpu"))
    # The kernel counts pages in batches.
    assert 62 * MIB <= found < 100 * MIB


def test_on_a_gpu_the_allocator_is_asked(monkeypatch: pytest.MonkeyPatch):
    class Block:
        def __enter__(self) -> Peak:
            return Peak(3.0, 2.0)

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(Settings, "memory", lambda _: Block())
    assert peak_gib(lambda: None, Settings("cuda")) == 2.0


def test_a_process_prints_its_peak_last():
    command = [sys.executable, "-c", "print('a warning'); print(0.25)"]
    assert peak_gib_in_a_process(command) == 0.25


def test_a_process_that_fails_is_an_error_with_its_words():
    command = [sys.executable, "-c", "import sys; sys.exit('out of memory')"]
    with pytest.raises(RuntimeError, match=r"ended with 1: out of memory"):
        peak_gib_in_a_process(command)
