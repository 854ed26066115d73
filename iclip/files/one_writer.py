"""One process writes a file that several want; the others wait for it by looking at the disk.

They do not wait in a collective, which ends with an error after its time-out, and they need not
belong to one run. Who writes holds a lock: a file that only one process can create, and whose time
of change it renews, so that the lock of a process that was killed is known by standing still.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK_SUFFIX = ".lock"
_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_BETWEEN_SIGNS = 5.0
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
            with _signs_of_life(lock):
                # It may have been written between the look and the lock.
                if not is_current():
                    write()
            return
        say(f"waiting for {path}, which another process writes (it holds {lock})")
        _wait_for_end(lock)


def _created(lock: Path) -> bool:
    """Whether this process has created the lock."""
    # Where no lock can be written, the file cannot either; that error names the file.
    with suppress(OSError):
        os.makedirs(lock.parent, exist_ok=True)
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def _signs_of_life(lock: Path) -> Iterator[None]:
    """Renew the lock's time of change while the block runs, then remove the lock."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(_SECONDS_BETWEEN_SIGNS):
            with suppress(OSError):
                os.utime(lock)

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with suppress(OSError):
            lock.unlink()


def _wait_for_end(lock: Path) -> None:
    """Wait until the lock is gone; remove it once it has stood still for too long."""
    seen, since = None, time.monotonic()
    while (changed := _time_of_change(lock)) is not None:
        # This machine's clock is compared with itself only.
        if changed != seen:
            seen, since = changed, time.monotonic()
        elif time.monotonic() - since > _SECONDS_UNTIL_DEAD:
            lock.unlink(missing_ok=True)
            return
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _time_of_change(lock: Path) -> int | None:
    try:
        return lock.stat().st_mtime_ns
    except FileNotFoundError:
        return None
