import json
import multiprocessing
import os
import re
import signal
import socket
import time
from dataclasses import asdict, replace
from itertools import pairwise
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from iclip.files import one_owner as module
from iclip.files import signs_of_life
from iclip.files.lock_owner import read_owner, this_process
from iclip.files.one_owner import IN_USE, check_not_in_use, one_owner
from tests.support.dead_owner import leave_lock

FORK = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs_of_life, "_SECONDS_BETWEEN_LOOKS", 0.01)
    monkeypatch.setattr(signs_of_life, "_SECONDS_BETWEEN_SIGNS", 0.05)
    monkeypatch.setattr(module, "_SECONDS_UNTIL_DEAD", 0.6)


def own(folder: Path, host: str, results: Any, barrier: Barrier | None = None) -> None:
    """Own a folder for a second, as a process of a machine; tell when, or why not."""
    socket.gethostname = lambda: host
    if barrier is not None:
        barrier.wait(20)
    try:
        with one_owner(folder, "--work-dir"):
            begin = time.monotonic()
            time.sleep(1.0)
            results.put((begin, time.monotonic()))
    except ValueError as error:
        results.put(str(error))


@pytest.mark.parametrize("hosts", [("a", "a", "a", "a"), ("a", "b", "a", "b")], ids=len)
@pytest.mark.parametrize("killed", [None, "a", "elsewhere"])
def test_one_of_four_that_start_at_once_owns_the_folder(
    hosts: tuple[str, ...], killed: str | None, tmp_path: Path
) -> None:
    if killed is not None:
        leave_lock(tmp_path / IN_USE, host=killed)
    results, barrier = FORK.Queue(), FORK.Barrier(4)
    processes = [
        FORK.Process(target=own, args=(tmp_path, host, results, barrier)) for host in hosts
    ]
    for process in processes:
        process.start()
    found = [results.get(timeout=20) for _ in processes]
    for process in processes:
        process.join(20)
    owned = sorted(result for result in found if isinstance(result, tuple))
    # On a busy machine, one may come when the first has ended; never before.
    assert owned and all(end < begin for (_, end), (begin, _) in pairwise(owned))
    assert all("is in use by process" in text for text in found if isinstance(text, str))
    assert not list(tmp_path.iterdir())


def test_message_names_the_owner_and_what_to_do(tmp_path: Path) -> None:
    with one_owner(tmp_path, "--work-dir"):
        owner = read_owner(tmp_path / IN_USE)
        assert owner is not None
        expected = (
            f"{tmp_path} is in use by process {os.getpid()} on {socket.gethostname()} "
            f"(since {owner.since}): {tmp_path}/in_use.lock. Wait for its end, stop it, or give "
            "another --work-dir"
        )
        for refused in (lambda: one_owner(tmp_path, "--work-dir").__enter__(),
                        lambda: check_not_in_use(tmp_path, "--work-dir")):  # fmt: skip
            with pytest.raises(ValueError, match=re.escape(expected)):
                refused()
    check_not_in_use(tmp_path, "--work-dir")


def test_killed_owner_on_this_machine_costs_no_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SECONDS_UNTIL_DEAD", 1000.0)
    lock, said = leave_lock(tmp_path / IN_USE), []
    killed = read_owner(lock)
    check_not_in_use(tmp_path, "--out")
    with one_owner(tmp_path, "--out", said.append):
        assert read_owner(lock) != killed
    assert said == [f"{killed} ended without releasing {tmp_path}: this process goes on there"]


@pytest.mark.parametrize("change", [{"host": "other"}, {"numbering": "an earlier start"}])
def test_owner_that_cannot_be_looked_up_is_known_by_its_signs_of_life(
    change: dict[str, str], tmp_path: Path
) -> None:
    lock, said = leave_lock(tmp_path / IN_USE, **change), []
    with signs_of_life.renewed(lock), pytest.raises(ValueError, match="is in use by process"):
        one_owner(tmp_path, "--out", said.append).__enter__()
    assert said == [
        f"{tmp_path} belongs to {read_owner(lock)}, which cannot be looked up from here: waiting "
        "up to 1 seconds for a sign of life"
    ]
    with one_owner(tmp_path, "--out"):
        assert read_owner(lock) is not None
    assert not lock.exists()


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"pid": 1}', '{"host": 1, "pid": 1, "numbering": "", "started": "", '
     '"since": ""}', '{"host": "", "pid": -1, "numbering": "", "started": "", "since": ""}',
     "[" * 4000, json.dumps(asdict(replace(this_process(), since="\x1b[31m")))],
)  # fmt: skip
def test_damaged_lock_is_dead_once_it_stands_still(content: str, tmp_path: Path) -> None:
    (tmp_path / IN_USE).write_text(content)
    check_not_in_use(tmp_path, "--out")
    said: list[str] = []
    with one_owner(tmp_path, "--out", said.append):
        pass
    assert f"{tmp_path} belongs to a process that has not said which" in said[0]


def test_owner_whose_lock_was_taken_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that was suspended for longer than a lock may stand still."""
    # As in what a script starts in the background.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    monkeypatch.setattr(signs_of_life, "_SECONDS_BETWEEN_SIGNS", 0.1)
    other = replace(this_process(), host="other")
    with (
        pytest.raises(ValueError, match=r"now belongs to process \d+ on other .* ends here"),
        one_owner(tmp_path, "--out"),
    ):
        (tmp_path / IN_USE).write_text(json.dumps(asdict(other)))
        time.sleep(20)
    signal.signal(signal.SIGINT, before)
    assert read_owner(tmp_path / IN_USE) == other


def test_interrupt_stays_an_interrupt_and_releases(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), one_owner(tmp_path, "--out"):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_folder_that_vanishes_ends_nothing(tmp_path: Path) -> None:
    with one_owner(tmp_path / "run", "--out"):
        (tmp_path / "run" / IN_USE).unlink()
        (tmp_path / "run").rmdir()
        time.sleep(0.2)
    assert not list(tmp_path.iterdir())


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(OSError, match=re.escape(f"{folder}/in_use.lock could not be written")):
            one_owner(folder, "--out").__enter__()
