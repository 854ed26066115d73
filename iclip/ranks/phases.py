"""What this process is doing and for how long: what the watch over the ranks and the log tell.

There is one state per process, and the main thread alone changes it; other threads read it. Nothing
here imports torch.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

# Until the first change.
STARTING = "starting"
# In the names of phases in which a rank may be waiting for the others.
WAITING = "waiting for other ranks"


class Phase(NamedTuple):
    """What a process is doing.

    Attributes:
        name: The work, such as ``loading data``.
        iteration: The iteration of the training that it belongs to, from 1; 0 before the first.
        limit_s: Seconds that it may last; None for any time: ranks that wait for one in it end
            after the time-out of their exchange.
        since: When it began, on the clock of :func:`time.monotonic`.
    """

    name: str
    iteration: int = 0
    limit_s: float | None = None
    since: float = 0.0

    @property
    def may_wait(self) -> bool:
        """Whether it may be waiting for other ranks."""
        return WAITING in self.name

    @property
    def seconds(self) -> float:
        """How long it has lasted."""
        return time.monotonic() - self.since

    def __str__(self) -> str:
        return self.name + (f" (iteration {self.iteration:,})" if self.iteration else "")


class _State:
    """The phase of this process, and the seconds of the phases before it by their names."""

    def __init__(self) -> None:
        self.phase = Phase(STARTING, since=time.monotonic())
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def change(self, phase: Phase) -> None:
        now = time.monotonic()
        self.seconds[self.phase.name] += now - self.phase.since
        # One assignment: another thread sees the phase before or this one, whole.
        self.phase = phase._replace(since=now)


_STATE = _State()


def current_phase() -> Phase:
    """Return what this process is doing."""
    return _STATE.phase


def enter(name: str, iteration: int | None = None, limit_s: float | None = None) -> None:
    """Begin a phase, which ends at the next change. The same phase again says that it goes on.

    Args:
        name: See :class:`Phase`.
        iteration: See :class:`Phase`; None for that of the phase before.
        limit_s: See :class:`Phase`.
    """
    if iteration is None:
        iteration = _STATE.phase.iteration
    _STATE.change(Phase(name, iteration, limit_s))


@contextmanager
def during(name: str, limit_s: float | None = None) -> Iterator[None]:
    """Be in a phase for the length of a block, or of a function, then in the one around it again.

    Args:
        name: See :class:`Phase`.
        limit_s: See :class:`Phase`.
    """
    around = _STATE.phase
    enter(name, limit_s=limit_s)
    try:
        yield
    finally:
        _STATE.change(around)


@contextmanager
def exchanging() -> Iterator[None]:
    """Exchange data with the other ranks for the length of a block, or of a function.

    The phase keeps its limit, and its name says besides that it waits for them.
    """
    around = _STATE.phase
    name = around.name if around.may_wait else f"{around.name}, {WAITING}"
    with during(name, around.limit_s):
        yield


def take_seconds() -> dict[str, float]:
    """Return the seconds spent in each phase since the last call; the current one counts so far."""
    _STATE.change(_STATE.phase)
    taken = dict(_STATE.seconds)
    _STATE.seconds.clear()
    return taken
