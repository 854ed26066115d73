"""Run drawing tasks on several processes, and report their progress."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import cv2

from iclip.progress import Progress

Task = tuple[Callable[..., int], tuple[Any, ...]]
"""A module-level function that returns how many items it has drawn, and its arguments."""


def chunks_of(counts: Mapping[str, int], size: int) -> list[tuple[str, range]]:
    """Divide the items of each split into ranges of at most ``size``, one per task."""
    return [
        (split, range(start, min(start + size, count)))
        for split, count in counts.items()
        for start in range(0, count, size)
    ]


class Workers:
    """Runs tasks in order in this process, or in any order on a pool of processes."""

    def __init__(self, pool: ProcessPoolExecutor | None):
        self._pool = pool

    def run(self, tasks: Sequence[Task], progress: Progress) -> None:
        """Run all tasks; an error in one cancels those that have not begun."""
        if self._pool is None:
            for function, arguments in tasks:
                progress.advance(function(*arguments))
            return
        futures = [self._pool.submit(function, *arguments) for function, arguments in tasks]
        try:
            for future in as_completed(futures):
                progress.advance(future.result())
        except BrokenProcessPool as error:
            raise RuntimeError(
                f"a process that drew {progress.label} was killed, most likely because memory ran "
                "out: try again with fewer --workers"
            ) from error
        finally:
            for future in futures:
                future.cancel()


@contextmanager
def worker_pool(workers: int) -> Iterator[Workers]:
    """Provide `workers` processes, or this process if `workers` is 1.

    Raises:
        ValueError: `workers` is below 1.
    """
    if workers < 1:
        raise ValueError(f"--workers {workers} is not allowed: give 1 or more")
    if workers == 1:
        yield Workers(None)
        return
    # Forking a process that has threads can deadlock, and torch and OpenCV start threads.
    context = get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_use_one_thread)
    try:
        yield Workers(pool)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _use_one_thread() -> None:
    """Keep OpenCV from starting as many threads as there are cores in each worker."""
    cv2.setNumThreads(1)
