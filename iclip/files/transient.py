"""Errors that pass: a read that fails with one of them is tried again after a pause."""

import errno
import random
from collections.abc import Callable
from threading import Lock
from time import sleep
from typing import TypeVar

_Result = TypeVar("_Result")

# What a network, a remote disk or a busy server answers today and perhaps not in a second.
_TRANSIENT = frozenset(
    (
        # Linux's alone: what s3fs makes of the status 500.
        getattr(errno, "EREMOTEIO", errno.EIO),
        errno.EAGAIN,
        errno.EBUSY,
        errno.ECONNABORTED,
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.EHOSTUNREACH,
        errno.EIO,
        errno.ENETDOWN,
        errno.ENETRESET,
        errno.ENETUNREACH,
        errno.ENOTCONN,
        errno.EPIPE,
        errno.ESTALE,
        errno.ETIMEDOUT,
    )
)
# The pauses need chance of their own: the seeds of a run must not depend on them.
_pauses = random.SystemRandom()
_lock = Lock()
_retries = 0


def retry_count() -> int:
    """Return how many errors this process has answered with another try."""
    return _retries


def is_transient(error: BaseException) -> bool:
    """Whether the same read may succeed a moment later."""
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    return isinstance(error, OSError) and error.errno in _TRANSIENT


def tried_again(
    read: Callable[[], _Result],
    tries: int = 4,
    first_pause: float = 0.5,
    note: Callable[[OSError], None] | None = None,
) -> _Result:
    """Call a function, again after a pause if it fails with a transient error.

    Each pause is twice as long as the one before, give or take a quarter, so that a thousand data
    workers that failed together do not come back together.

    Args:
        read: What to call.
        tries: Largest number of calls.
        first_pause: Length of the first pause in seconds.
        note: Receives each error that is followed by another call.

    Raises:
        OSError: The last error, or the first that is not transient.
    """
    for number in range(tries - 1):
        try:
            return read()
        except OSError as error:
            if not is_transient(error):
                raise
            with _lock:
                global _retries
                _retries += 1
            if note is not None:
                note(error)
        sleep(first_pause * 2**number * _pauses.uniform(0.75, 1.25))
    return read()
