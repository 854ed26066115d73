"""A notice that a run has to end soon: SIGTERM, or SIGUSR1, which Slurm sends before a time limit.

Until a training holds notices back, one ends the process by :class:`RunStopped`: nothing would be
lost. From then on it is only noted, and the training stops where it can go on
(:mod:`iclip.engine.hooks.stop_on_signal`). Nothing here imports torch: a process listens before it
imports the rest.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from iclip.ranks.this_rank import this_rank

NOTICES = (signal.SIGTERM, signal.SIGUSR1)
# EX_TEMPFAIL of sysexits.h: it has failed for now, and may be tried again.
EXIT_TO_BE_CONTINUED = 75
# Names the folder in which iclip.ranks.torchrun and the processes that it starts tell each other
# about a stop: a file for each process that listens, ASKED since a notice came, STOPPED since one
# obeyed.
STOP_FOLDER = "ICLIP_STOP_FOLDER"
ASKED, STOPPED = "asked", "stopped"
# A process may get one notice twice: from Slurm, and from iclip.ranks.torchrun, to which Slurm
# sent it.
SECONDS_OF_ONE_NOTICE = 5.0
# With --kill-on-bad-exit, srun kills the other tasks as soon as one ends with a code.
SECONDS_FOR_OTHER_TASKS = 5.0


class RunStopped(BaseException):
    """A run ends because it was asked to, and is to be continued.

    Like ``KeyboardInterrupt``, it passes through ``except Exception``.

    Args:
        message: What was asked, and where the run goes on.
        agreed: Whether all ranks end with this one.
    """

    def __init__(self, message: str, agreed: bool = False) -> None:
        super().__init__(message)
        self.agreed = agreed


@dataclass
class _Notice:
    """The first notice to this process, when it came, and whether notices are held back."""

    name: str | None = None
    came_at: float = 0.0
    held_back: bool = False


_notice = _Notice()


@contextmanager
def listening() -> Iterator[None]:
    """Take notices, if this is the main thread; other threads cannot.

    Raises:
        RunStopped: A notice has come, and none is held back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    try:
        with _handled_by(_take):
            folder = _stop_folder()
            if folder is not None:
                (folder / str(os.getpid())).touch()
                # Whatever came before has not reached this process.
                if (folder / ASKED).exists():
                    _note("a notice")
            yield
    finally:
        _notice.__dict__.update(vars(_Notice()))


def hold_back() -> None:
    """Only note what comes from now on: who calls this asks :func:`stop_asked`."""
    _notice.held_back = True


def stop_asked() -> str | None:
    """Return the name of the signal by which this process was asked to stop, or None."""
    return _notice.name


def exit_code(stop: RunStopped) -> int:
    """Return the code with which this process ends, so that what started it ends with 75.

    A failed process has torchrun start all of them again, and srun kill the others. So the former
    finds it in :data:`STOP_FOLDER`, and of Slurm's tasks the first one alone has the code, and ends
    last.
    """
    rank = this_rank()
    folder = _stop_folder()
    if folder is not None:
        # torchrun's own SIGTERM ends the others of a process that has failed: not a stop.
        if stop.agreed or (folder / ASKED).exists():
            (folder / STOPPED).touch()
        return 0 if stop.agreed else EXIT_TO_BE_CONTINUED
    if rank.launcher == "slurm" and rank.world_size > 1:
        if not rank.is_first:
            return 0
        with _handled_by(signal.SIG_IGN):
            time.sleep(SECONDS_FOR_OTHER_TASKS)
    return EXIT_TO_BE_CONTINUED


@contextmanager
def _handled_by(handler: Any) -> Iterator[None]:
    """Give notices another handler for the time being."""
    before = {number: signal.signal(number, handler) for number in NOTICES}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _take(number: int, frame: FrameType | None) -> None:
    """Handle a signal; a second SIGTERM ends the process at once."""
    name = signal.Signals(number).name
    if number == signal.SIGTERM and _notice.name == name:
        if time.monotonic() - _notice.came_at > SECONDS_OF_ONE_NOTICE:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
    # SIGTERM may follow SIGUSR1 when the time is up, and is not its second one.
    elif number == signal.SIGTERM or _notice.name is None:
        _note(name)


def _note(name: str) -> None:
    _notice.name, _notice.came_at = name, time.monotonic()
    if not _notice.held_back:
        raise RunStopped(f"stopped by {name} before the first iteration: nothing is lost")
    if this_rank().is_first:
        # Not print, which the signal may have interrupted.
        told = f"{name}: the run stops after this step. A second SIGTERM ends it at once\n"
        os.write(2, told.encode())


def _stop_folder() -> Path | None:
    """Return the folder of iclip.ranks.torchrun; None without it, or if it has ended."""
    name = os.environ.get(STOP_FOLDER)
    return Path(name) if name and Path(name).is_dir() else None
