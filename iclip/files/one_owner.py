"""A folder has one owner at a time: while a run writes into it, no other process does.

The owner holds a lock in the folder, which says who it is. On the owner's machine, another process
looks whether it still runs, so that after a kill nobody waits; on another machine, it looks for the
lock's signs of life.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from iclip.files.lock_owner import Owner, create_lock, is_alive, read_owner, this_process
from iclip.files.signs_of_life import remove_lock, renewed, state_of, watch

IN_USE = "in_use.lock"
# The owner on another machine is dead after so long without a sign of life: a process that reads a
# gigabyte of JSON gives none for up to a minute.
_SECONDS_UNTIL_DEAD = 120.0
# Interrupts the main thread of an owner that was overtaken. Unlike SIGINT, it is not ignored in
# what a script starts in the background.
_OVERTAKEN = signal.SIGRTMIN + 3
# Who has just created a lock sees after so long whether another process has taken its place.
_SECONDS_TO_SETTLE = 0.1


@contextmanager
def one_owner(
    folder: Path, option: str, say: Callable[[str], object] = lambda text: None
) -> Iterator[None]:
    """Own a folder while the block runs, on the main thread.

    Args:
        folder: The folder; it is made.
        option: The option that names the folder, for the message.
        say: Takes the messages that this process waits, or follows one that was killed.

    Raises:
        ValueError: Another process owns it; or took it while this process stood still, such as on
            a machine that was suspended.
        OSError: The lock could not be written.
    """
    lock, me = folder / IN_USE, this_process()
    _take(lock, me, option, say)
    lost: list[Owner] = []

    def look() -> None:
        owner = read_owner(lock)
        if owner not in (None, me) and not lost:
            lost.append(owner)
            signal.pthread_kill(threading.main_thread().ident or 0, _OVERTAKEN)

    before = signal.signal(_OVERTAKEN, signal.default_int_handler)
    try:
        with renewed(lock, look):
            yield
    except KeyboardInterrupt:
        if not lost:
            raise
        raise ValueError(
            f"{folder} now belongs to {lost[0]}: this process stood still for more than "
            f"{_SECONDS_UNTIL_DEAD:.0f} seconds, was taken for dead, and ends here"
        ) from None
    finally:
        signal.signal(_OVERTAKEN, before)
        with suppress(OSError):
            if read_owner(lock) == me:
                lock.unlink()


def check_not_in_use(folder: Path, option: str) -> None:
    """Refuse a folder that a process of this machine owns, without taking it.

    Raises:
        ValueError: One does; see :func:`one_owner`.
    """
    owner = read_owner(folder / IN_USE)
    if owner is not None and is_alive(owner):
        raise _in_use(folder, str(owner), option)


def _take(lock: Path, me: Owner, option: str, say: Callable[[str], object]) -> None:
    """Create the lock, or remove a dead owner's and try again; raise if the owner lives."""
    _make_folder(lock)
    while not _created(lock, me):
        seen, owner = state_of(lock), read_owner(lock)
        if seen is None:
            continue
        who = "a process that has not said which" if owner is None else str(owner)
        alive = None if owner is None else is_alive(owner)
        if alive is None:
            say(
                f"{lock.parent} belongs to {who}, which cannot be looked up from here: waiting "
                f"up to {_SECONDS_UNTIL_DEAD:.0f} seconds for a sign of life"
            )
            state = watch(lock, seen, _SECONDS_UNTIL_DEAD)
            if state is None:
                continue
            alive = state != seen
        if alive:
            raise _in_use(lock.parent, str(read_owner(lock) or who), option)
        say(f"{who} ended without releasing {lock.parent}: this process goes on there")
        remove_lock(lock, seen)


def _in_use(folder: Path, who: str, option: str) -> ValueError:
    return ValueError(
        f"{folder} is in use by {who}: {folder / IN_USE}. Wait for its end, stop it, or give "
        f"another {option}"
    )


def _make_folder(lock: Path) -> None:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(lock, error) from error


def _created(lock: Path, me: Owner) -> bool:
    """Create the lock, unless there is one; returns whether it is this process's."""
    try:
        if not create_lock(lock, me):
            return False
    except OSError as error:
        raise _not_writable(lock, error) from error
    time.sleep(_SECONDS_TO_SETTLE)
    return read_owner(lock) == me


def _not_writable(lock: Path, error: OSError) -> OSError:
    return OSError(error.errno, f"{lock} could not be written: {error.strerror}")
