"""A rank that hangs ends, and says where; a rank that waits for another one lets that one end."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch.distributed as dist

from iclip.ranks import phases, signs, watch
from iclip.ranks.phases import enter
from iclip.ranks.signs import RankSigns
from iclip.ranks.watch import (
    EXIT_HANGS,
    RankWatch,
    current_watch,
    end_watch,
    first_to_stall,
    watch_rank,
)


class Ranks:
    """Two ranks, of which the first one is watched."""

    def __init__(self) -> None:
        store = dist.HashStore()
        self.other = RankSigns(store, 1, 2)
        self.codes: list[int] = []
        self.logged: list[str] = []
        self.watch = RankWatch(RankSigns(store, 0, 2), timeout_s=50, end=self.codes.append)
        self.watch.log = self.logged.append

    def look(self) -> list[int]:
        """Look at the clock of a process that has been in its phase for longer than its limit."""
        enter("forward pass", 8, limit_s=0)
        self.watch.look()
        return self.codes


@pytest.fixture
def ranks(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(RankSigns.listen, "__defaults__", (0.01,))
    ranks = Ranks()
    yield ranks
    watch.faulthandler.cancel_dump_traceback_later()
    enter("starting", 0)


def test_phase_within_its_limit_goes_on(ranks: Ranks):
    enter("forward pass", 8, limit_s=60)
    ranks.watch.look()
    (sign,) = ranks.other.read()
    assert (sign.doing, sign.limit_s, ranks.codes) == ("forward pass (iteration 8)", 60, [])


def test_phase_without_a_limit_may_last(ranks: Ranks, monkeypatch: pytest.MonkeyPatch):
    enter("embedding", 0)
    monkeypatch.setattr(phases.time, "monotonic", lambda: 1e9)
    ranks.watch.look()
    assert ranks.other.read()[0].limit_s is None
    assert ranks.codes == []


def test_rank_that_hangs_tells_where_and_ends(
    ranks: Ranks, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    ranks.watch.folder = tmp_path
    assert ranks.look() == [EXIT_HANGS] == [124]
    assert (
        "rank 0 has been in forward pass (iteration 8) for more than 0 s, and ends"
        in (ranks.logged[0])
    )
    assert "test_rank_that_hangs_tells_where_and_ends" in ranks.logged[0], "the stack"
    assert "test_watch.py" in (tmp_path / "stacks_of_rank_0.txt").read_text()
    assert ranks.other.read()[0].ended == "it was in forward pass (iteration 8) for more than 0 s"


def test_rank_that_waits_leaves_the_report_to_the_one_that_hangs(ranks: Ranks):
    ranks.other.give("loading data (iteration 8)", 100.0, 1)
    ranks.watch.signs.listen = lambda: ranks.watch.signs.read()
    assert ranks.look() == []


@pytest.mark.parametrize("limit", [1800, None])
def test_rank_that_waits_for_one_within_its_own_limit_goes_on(ranks: Ranks, limit: float | None):
    ranks.other.give("saving", 100.0, limit)
    ranks.watch.signs.listen = lambda: ranks.watch.signs.read()
    assert ranks.look() == []


def test_rank_that_waits_for_a_silent_one_names_it_and_ends(ranks: Ranks):
    ranks.other.give("loading data (iteration 8)", 0.1, 600)
    assert ranks.look() == [124]
    machine = ranks.other.read()[1].machine
    assert ranks.logged[0].startswith(f"ERROR - rank 1 on {machine} gives no sign of life; rank 0 ")


def test_second_rank_that_waits_reports_nothing(ranks: Ranks):
    ranks.other.give("loading data (iteration 8)", 0.1, 600)
    ranks.other.is_first_to("report")
    assert ranks.look() == [124]
    assert ranks.logged == []


def test_rank_whose_store_is_gone_ends_all_the_same(ranks: Ranks):
    ranks.watch.signs.store = None
    assert ranks.look() == [124]


def test_store_that_does_not_answer_is_said(ranks: Ranks, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watch, "ANSWER_S", 0.05)
    ranks.watch.signs.listen = lambda: time.sleep(1) or []
    assert ranks.look() == [124]
    assert "(of torchrun, or of rank 0) does not answer\nWhere rank 0 is:" in ranks.logged[0]


def test_error_of_a_rank_comes_before_silence_and_time(ranks: Ranks):
    sign = signs.Sign
    hung, silent, failed, done = (
        sign(0, "a", "loading data", 900.0, 600),
        sign(1, "a", "forward pass", 1.0, 600, is_silent=True),
        sign(2, "a", "forward pass", 1.0, 600, ended="ValueError", is_silent=True),
        sign(3, "a", "forward pass", 1.0, 600, ended="", is_silent=True),
    )
    waiting = sign(4, "a", "forward pass, waiting", 901.0, 600, may_wait=True)
    assert first_to_stall([hung, silent, failed, done]).rank == 2
    assert first_to_stall([hung, silent, done]).rank == 1
    assert first_to_stall([waiting, hung, done]).rank == 0
    assert first_to_stall([done]) is None


def test_rank_that_ends_tells_the_others_how():
    store = dist.HashStore()
    watch_rank(store, 1, 2, timeout_s=600)
    assert current_watch() is not None
    end_watch("ValueError: no")
    end_watch()
    (sign,) = RankSigns(store, 0, 2).read()
    assert sign.ended == "ValueError: no"
    assert current_watch() is None


def test_rank_0_leaves_last(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watch, "LAST_SIGNS_S", 0.3)
    watch_rank(dist.HashStore(), 0, 2, timeout_s=600)
    start = time.monotonic()
    end_watch()
    assert time.monotonic() - start >= 0.3


# What a process does, and how it ends. `Store` stands for the process group's.
PRELUDE = """
import ctypes, os, signal, time
from iclip.ranks import watch
from iclip.ranks.phases import enter
class Store:
    def clone(self): return self
    def set(self, *_): pass
    def check(self, *_): return False
    def add(self, *_): return 1
watch.BEAT_S = 0.05
watch.GRACE_S = 0.3
enter("loading data", 1, limit_s=0.1)
watch.watch_rank(Store(), 0, 2, 600)
"""


def run(body: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PRELUDE + body], capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip


def test_process_whose_lock_is_held_in_c_ends_with_its_stacks():
    # ctypes.PyDLL keeps Python's lock while it calls, so no thread of Python runs.
    result = run("ctypes.PyDLL(None).sleep(50)")
    assert result.returncode == 1
    assert "Timeout" in result.stderr and "<string>" in result.stderr


def test_process_shows_its_stacks_at_a_signal_and_goes_on():
    result = run("os.kill(os.getpid(), signal.SIGUSR2); watch.end_watch('done')")
    assert result.returncode == 0
    assert "most recent call first" in result.stderr


def test_process_whose_torchrun_was_killed_stops():
    body = """
enter("loading data", 1, limit_s=60)
watch.current_watch()._parent = -1
time.sleep(50)
"""
    result = run(body)
    assert result.returncode == -15
    assert "what started rank 0 has ended (process -1); it stops" in result.stderr


def test_floor_module_needs_no_torch():
    body = "import sys; watch.end_watch('done'); assert 'torch' not in sys.modules"
    assert run(body).returncode == 0, os.environ.get("PYTHONPATH")
