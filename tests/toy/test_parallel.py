import io
import os
import signal
from pathlib import Path

import pytest

from iclip.progress import Progress
from iclip.toy.parallel import worker_pool


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
