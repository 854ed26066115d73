"""What a fuzzer tries: inputs, and a call that must end in a result or in an error of the hub's."""

import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from iclip.user_errors import is_for_the_user

T = TypeVar("T")
# Seconds that one input may take, and bytes by which the process may grow.
LONGEST = 30
LARGEST = 4 << 30


class Hang(Exception):
    """An input took too long."""


@dataclass(frozen=True)
class Target:
    """Something that reads what others made.

    Attributes:
        name: Its name on the command line.
        inputs: What is tried.
        run: Takes an input and an empty folder's path; raises what is a fault.
    """

    name: str
    inputs: SearchStrategy[Any]
    run: Callable[[Any, Path], None]


def read_or_refuse(read: Callable[[], T]) -> T | None:
    """Return what is read, or None where the hub refuses it with a message of its own.

    Raises:
        Exception: What no user could make anything of.
    """
    try:
        return read()
    except (ValueError, OSError) as error:
        if not is_for_the_user(error):
            raise
        assert str(error).strip(), "an error without a message"
        return None


def try_inputs(target: Target, folder: Path, count: int, number: int | None = None) -> int:
    """Try inputs.

    Args:
        target: What is tried.
        folder: Where inputs are written; it must exist.
        count: Number of inputs.
        number: Seed of the inputs; None: always the same ones.

    Returns:
        Number of calls.

    Raises:
        Exception: The first fault, with the smallest input that shows it.
    """
    calls = 0

    @settings(
        max_examples=count,
        deadline=None,  # a limit of our own, since the machine may be busy
        database=None,
        derandomize=number is None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(target.inputs)
    def call(value: Any) -> None:
        nonlocal calls
        calls += 1
        with at_most(LONGEST):
            target.run(value, folder)

    (call if number is None else seed(number)(call))()
    return calls


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Raise :class:`Hang` in the block after some seconds; only in the main thread."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Hang(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def limit_memory() -> None:
    """Let this process grow by :data:`LARGEST` bytes at most; beyond, it meets a MemoryError."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + LARGEST, hard))
