"""A lock file whose time of change is renewed, so that a killed process's lock stands still.

It also holds between machines that share a file system, whose clocks may differ: a machine compares
times of change only with each other, and measures its wait on its own clock.
"""

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from iclip.files.atomic import TEMPORARY_SUFFIX

# Number of the file, and its time of change in nanoseconds.
State = tuple[int, int]

_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_BETWEEN_SIGNS = 5.0


@contextmanager
def renewed(lock: Path, look: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Renew a lock's time of change while the block runs.

    Args:
        lock: The file; where it is gone or cannot be changed, nothing happens.
        look: Is called before each renewal, on the thread that renews.
    """
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(_SECONDS_BETWEEN_SIGNS):
            look()
            with suppress(OSError):
                os.utime(lock)

    thread = threading.Thread(target=renew, name=f"renews {lock.name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def state_of(lock: Path) -> State | None:
    """Return what changes when a lock is renewed or replaced; None where it is gone."""
    try:
        # Opened, since a network file system then asks its server; of a name alone, it remembers
        # the time for up to a minute.
        with open(lock, "rb") as file:
            status = os.fstat(file.fileno())
    except FileNotFoundError:
        return None
    except PermissionError:
        status = lock.stat()
    return status.st_ino, status.st_mtime_ns


def watch(lock: Path, seen: State, seconds: float) -> State | None:
    """Watch a lock until its state is another one than ``seen``, or for a number of seconds.

    Returns:
        Its last state: ``seen`` if it has stood still for so long, None if it is gone.
    """
    since = time.monotonic()
    while (state := state_of(lock)) == seen and time.monotonic() - since < seconds:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    return state


def remove_lock(lock: Path, seen: State) -> None:
    """Remove the lock of a process that is dead, and no lock that another process has made since.

    Several processes may do so at once: the file is renamed, looked at, and put back if it is
    another one. Meanwhile, for an instant, a live lock has no name.
    """
    moved = lock.with_name(f"{lock.name}.{uuid.uuid4().hex}{TEMPORARY_SUFFIX}")
    try:
        os.rename(lock, moved)
    except FileNotFoundError:
        return
    if state_of(moved) == seen:
        moved.unlink()
    else:
        os.rename(moved, lock)
