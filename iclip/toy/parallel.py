"""Runs drawing tasks on several processes and shows how far they are."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, TextIO

import cv2

Task = tuple[Callable[..., int], tuple[Any, ...]]
"""A module-level function that returns how many items it has drawn, and its arguments."""


@dataclass
class Progress:
    """One line a part: items done, items a second, time left.

    Attributes:
        label: What is drawn.
        total: Number of items to draw.
        stream: Where to write; the line is rewritten in place on a terminal.
        interval: Seconds between two lines.
    """

    label: str
    total: int
    stream: TextIO = sys.stderr
    interval: float = 2.0

    def __post_init__(self) -> None:
        self.done = 0
        self._start = time.monotonic()
        self._shown = self._start

    def advance(self, count: int) -> None:
        """Counts `count` more items and shows the line if it is time to."""
        self.done += count
        now = time.monotonic()
        finished = self.done >= self.total
        if finished or now - self._shown >= self.interval:
            self._shown = now
            self._show(max(now - self._start, 1e-9), finished)

    def _show(self, elapsed: float, finished: bool) -> None:
        rate = self.done / elapsed
        left = f"{elapsed:.0f} s" if finished else f"ETA {(self.total - self.done) / rate:.0f} s"
        line = f"{self.label:<10}{self.done:>8}/{self.total}  {rate:7.0f}/s  {left:<12}"
        in_place = self.stream.isatty() and not finished
        start = "\r" if self.stream.isatty() else ""
        print(start + line, end="" if in_place else "\n", file=self.stream, flush=True)


class Workers:
    """Draws tasks in order in this process, or in any order on a pool."""

    def __init__(self, pool: ProcessPoolExecutor | None):
        self._pool = pool

    def run(self, tasks: Sequence[Task], progress: Progress) -> None:
        """Runs all tasks; an error in one cancels those that have not begun."""
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
                f"a process that drew {progress.label} was killed, most likely for want of memory: "
                "try again with fewer --workers"
            ) from error
        finally:
            for future in futures:
                future.cancel()


@contextmanager
def worker_pool(workers: int) -> Iterator[Workers]:
    """Provides `workers` processes, or this process if it is one.

    Raises:
        ValueError: `workers` is below 1.
    """
    if workers < 1:
        raise ValueError(f"--workers {workers} is not allowed: give 1 or more")
    if workers == 1:
        yield Workers(None)
        return
    # Forking a process that has threads, as torch and OpenCV start them, can deadlock.
    context = get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_use_one_thread)
    try:
        yield Workers(pool)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _use_one_thread() -> None:
    cv2.setNumThreads(1)
