"""Threads of a data worker that wait for many reads at once."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class ReadThreads:
    """Calls a function for many items at once, in threads of the process that asks.

    A data worker that was forked or spawned has threads of its own; they start at the first call.

    Args:
        count: Number of threads; 0 reads one item after the other, without threads.

    Raises:
        ValueError: ``count`` is not a whole number from 0 on.
    """

    def __init__(self, count: int) -> None:
        if not isinstance(count, int) or count < 0:
            raise ValueError(f"read_threads={count!r}: give a whole number, 0 for no threads")
        self.count = count
        self._pool: ThreadPoolExecutor | None = None
        self._process = 0

    def start(
        self, function: Callable[[_Item], _Result], items: Iterable[_Item]
    ) -> list[Callable[[], _Result]]:
        """Begin to call the function for each item.

        Returns:
            One function per item, which waits for its result or raises its error.
        """
        if not self.count:
            return [partial(function, item) for item in items]
        threads = self._threads()
        return [threads.submit(function, item).result for item in items]

    def _threads(self) -> ThreadPoolExecutor:
        # A forked process has its parent's pool, but not the threads in it.
        if self._pool is None or self._process != os.getpid():
            self._pool = ThreadPoolExecutor(self.count, "read")
            self._process = os.getpid()
        return self._pool

    def __reduce__(self) -> tuple[type["ReadThreads"], tuple[int]]:
        return type(self), (self.count,)
