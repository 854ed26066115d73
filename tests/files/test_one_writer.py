import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from iclip.files import one_writer as module
from iclip.files import signs_of_life
from iclip.files.one_writer import write_once
from tests.support.dead_owner import leave_lock


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_LOOKS", 0.01)
    monkeypatch.setattr(signs_of_life, "_SECONDS_BETWEEN_LOOKS", 0.01)
    monkeypatch.setattr(signs_of_life, "_SECONDS_BETWEEN_SIGNS", 0.05)
    monkeypatch.setattr(module, "_SECONDS_UNTIL_DEAD", 0.5)


def append_slowly(path: Path, seconds: float, fail: bool = False) -> None:
    """What ``write_once`` calls; the file's lines say how often it was written."""
    time.sleep(seconds)
    if fail:
        raise OSError(28, "disk full")
    with path.open("a") as file:
        file.write("written\n")


def start(path: Path, *arguments: object) -> multiprocessing.Process:
    write = lambda: append_slowly(path, *arguments)  # noqa: E731  (forked, so not pickled)
    process = multiprocessing.get_context("fork").Process(
        target=write_once, args=(path, path.exists, write)
    )
    process.start()
    return process


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_one_of_several_processes_writes(tmp_path: Path) -> None:
    # Longer than a lock may stand still: the signs of life count.
    processes = [start(tmp_path / "new" / "x", 0.8) for _ in range(4)]
    for process in processes:
        process.join(20)
        assert process.exitcode == 0
    assert (tmp_path / "new" / "x").read_text() == "written\n"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["x"]


def test_next_one_writes_if_the_writer_fails(tmp_path: Path) -> None:
    path = tmp_path / "x"
    failing = start(path, 0.3, True)
    until((tmp_path / "x.lock").exists)
    said: list[str] = []
    write_once(path, path.exists, lambda: append_slowly(path, 0), said.append)
    failing.join(20)
    assert failing.exitcode == 1 and path.read_text() == "written\n"
    assert said == [f"waiting for {path}, which another process writes (it holds {path}.lock)"]


def test_next_one_writes_at_once_if_the_writer_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SECONDS_UNTIL_DEAD", 1000.0)
    path = tmp_path / "x"
    killed = start(path, 60.0)
    until((tmp_path / "x.lock").exists)
    os.kill(killed.pid or 0, signal.SIGKILL)
    killed.join(20)
    assert (tmp_path / "x.lock").exists()
    write_once(path, path.exists, lambda: append_slowly(path, 0))
    assert path.read_text() == "written\n" and not (tmp_path / "x.lock").exists()


@pytest.mark.parametrize("content", ["", None], ids=["earlier version", "another machine"])
def test_next_one_writes_if_the_lock_stands_still(content: str | None, tmp_path: Path) -> None:
    lock = leave_lock(tmp_path / "x.lock", host="other")
    if content is not None:
        lock.write_text(content)
    write_once(tmp_path / "x", (tmp_path / "x").exists, lambda: append_slowly(tmp_path / "x", 0))
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_current_file_is_left_alone(tmp_path: Path) -> None:
    write_once(tmp_path / "x", lambda: True, lambda: pytest.fail("written"))
    assert not list(tmp_path.iterdir())


def test_error_where_no_lock_can_be_written_is_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "x"

    def write() -> None:
        raise OSError(20, "the file's own error")

    with pytest.raises(OSError, match="the file's own error"):
        write_once(path, path.exists, write)
