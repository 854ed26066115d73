import io
import os
import signal
from pathlib import Path

import pytest

from iclip.toy.parallel import Progress, worker_pool


def touch(folder: Path, name: str) -> int:
    (folder / name).touch()
    return 2


def die() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 1


def fail() -> int:
    raise ValueError("this picture cannot be drawn")


@pytest.mark.parametrize("workers", [1, 2])
def test_all_tasks_run_and_are_counted(tmp_path: Path, workers: int) -> None:
    progress = Progress("dots", 6, io.StringIO())
    with worker_pool(workers) as pool:
        pool.run([(touch, (tmp_path, name)) for name in "abc"], progress)
    assert progress.done == 6
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b", "c"]


@pytest.mark.parametrize("workers", [1, 2])
def test_error_of_a_task_reaches_the_caller(workers: int) -> None:
    with worker_pool(workers) as pool, pytest.raises(ValueError, match="cannot be drawn"):
        pool.run([(fail, ())], Progress("dots", 1, io.StringIO()))


def test_killed_process_is_explained() -> None:
    message = r"drew dots was killed.*fewer --workers"
    with worker_pool(2) as pool, pytest.raises(RuntimeError, match=message):
        pool.run([(die, ())], Progress("dots", 1, io.StringIO()))


def test_progress_shows_count_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 4.0, 10.0])
    monkeypatch.setattr("iclip.toy.parallel.time.monotonic", lambda: next(clock))
    stream = io.StringIO()
    progress = Progress("pairs", 100, stream)
    for count in (10, 30, 60):
        progress.advance(count)
    lines = [line.split() for line in stream.getvalue().splitlines()]
    # The first is within two seconds of the start and is not shown.
    assert lines == [
        ["pairs", "40/100", "10/s", "ETA", "6", "s"],
        ["pairs", "100/100", "10/s", "10", "s"],
    ]
