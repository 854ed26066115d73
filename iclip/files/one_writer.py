"""One process writes a file that several want; the others wait for it by looking at the disk.

They do not wait in a collective, which ends with an error after its time-out, and they need not
belong to one run. Who writes holds a lock: a file that only one process can create, and whose time
of change it renews. The lock of a process that was killed is known on its machine because there is
no such process, and on others by standing still.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from iclip.files.lock_owner import create_lock, is_alive, read_owner, this_process
from iclip.files.signs_of_life import remove_lock, renewed, state_of, watch

LOCK_SUFFIX = ".lock"
_SECONDS_BETWEEN_LOOKS = 0.5
# Without a sign of life for so long, a lock is that of a killed process. Network file systems show
# another machine's times of change up to a minute late. At worst, two processes write the same.
_SECONDS_UNTIL_DEAD = 180.0


def write_once(
    path: str | os.PathLike[str],
    is_current: Callable[[], bool],
    write: Callable[[], object],
    say: Callable[[str], object] = lambda text: None,
) -> None:
    """Have a file written by one of the processes that call this at about the same time.

    If that process fails or is killed, the next one writes.

    Args:
        path: The file.
        is_current: Whether the file is there and up to date.
        write: Writes the file, whole or not at all.
        say: Takes the message that this process waits.
    """
    lock = Path(f"{os.fspath(path)}{LOCK_SUFFIX}")
    while not is_current():
        if _created(lock):
            try:
                # It may have been written between the look and the lock.
                with renewed(lock):
                    if not is_current():
                        write()
            finally:
                with suppress(OSError):
                    lock.unlink()
            return
        say(f"waiting for {path}, which another process writes (it holds {lock})")
        _wait_for_end(lock)


def _created(lock: Path) -> bool:
    """Whether this process has created the lock, or none can be created."""
    # Where no lock can be written, the file cannot either; that error names the file.
    with suppress(OSError):
        os.makedirs(lock.parent, exist_ok=True)
    try:
        return create_lock(lock, this_process())
    except OSError:
        return True


def _wait_for_end(lock: Path) -> None:
    """Wait until the lock is gone; remove it if its owner is dead."""
    seen, since = state_of(lock), time.monotonic()
    while seen is not None:
        owner = read_owner(lock)
        is_dead = owner is not None and is_alive(owner) is False
        if is_dead or time.monotonic() - since > _SECONDS_UNTIL_DEAD:
            remove_lock(lock, seen)
            return
        # In steps, because an owner on this machine is looked up again after each.
        state = watch(lock, seen, _SECONDS_BETWEEN_LOOKS)
        if state != seen:
            seen, since = state, time.monotonic()
