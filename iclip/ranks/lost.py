"""One message about a rank that was lost, in place of a traceback of each rank that waited for it.

When a rank ends, the others' next exchange with it fails with an error about a connection, which
names neither. What the ranks tell each other (:mod:`iclip.ranks.signs`) says who it was.
"""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from iclip.messages import listing, one_line
from iclip.ranks.phases import current_phase, during
from iclip.ranks.signs import SILENCE_S, RankSigns, Sign, table
from iclip.ranks.watch import end_watch, main_thread_signs

# What gloo's messages begin with, torch's wrapper of NCCL's, and of the store's.
_GLOO = "third_party/gloo"
_LIBRARY_ERRORS = ("DistBackendError", "DistNetworkError", "DistStoreError")
# What a rank tells of itself that has ended because of another one.
_FOLLOWED = "it lost another rank"
# How long a rank tries to find out which one was lost.
_SEARCH_S = 10.0


class RankLost(RuntimeError):
    """Another rank has ended, or waits no longer; the message says which one, if that is known."""


@contextmanager
def explain_lost_ranks() -> Iterator[None]:
    """Explain an error of an exchange between ranks by the rank that was lost.

    Any other error is told to the other ranks, which are about to lose this one.

    Raises:
        RankLost: In place of torch's error.
    """
    try:
        yield
    except RankLost:
        raise
    except Exception as error:
        signs = main_thread_signs()
        if signs is None:
            raise
        if not is_lost_exchange(error):
            end_watch(f"{type(error).__name__}: {one_line(error, 300)}")
            raise
        here = f"rank {signs.rank} in {current_phase()}"
        with _without_sigterm(), during("finding out which rank was lost"):
            message = _message(signs, error, here)
        end_watch(_FOLLOWED)
        raise RankLost(message) from error


def is_lost_exchange(error: BaseException) -> bool:
    """Whether an error says that an exchange with other ranks has failed."""
    names = {parent.__name__ for parent in type(error).__mro__}
    return isinstance(error, RuntimeError) and (
        _GLOO in str(error) or not names.isdisjoint(_LIBRARY_ERRORS)
    )


def _message(signs: RankSigns, error: BaseException, here: str) -> str:
    try:
        lost, everyone = _find_lost(signs)
        if not lost:
            return (
                f"{here}: an exchange with the other ranks has failed, though all of them live: "
                f"{one_line(error, 200)}. The ranks:\n{table(everyone)}"
            )
        if not signs.is_first_to("message"):
            return f"{here} has lost {listing([str(sign) for sign in lost], 3)}"
    except RuntimeError:  # the store is gone, too
        return (
            f"{here} has lost the other ranks and the store that they meet in (of torchrun, or of "
            f"rank 0): {one_line(error, 200)}"
        )
    return (
        f"{here} has lost {'; '.join(map(_fate, lost[:3]))}. The ranks:\n{table(everyone)}\n"
        "Restarted (--max-restarts) or resumed (--resume), the run goes on from its last checkpoint"
    )


def _find_lost(signs: RankSigns) -> tuple[list[Sign], list[Sign]]:
    """Return the ranks that have ended or are silent, and all."""
    deadline = time.monotonic() + _SEARCH_S
    while True:
        everyone = signs.listen(SILENCE_S)
        others = [sign for sign in everyone if sign.rank != signs.rank]
        # An error comes before the losses that follow from it.
        lost = [sign for sign in others if sign.ended not in (None, "", _FOLLOWED)]
        lost = lost or [sign for sign in others if sign.ended is None and sign.is_silent]
        if lost or time.monotonic() > deadline:
            # A rank that has done its work early is worth naming if nothing else is.
            return lost or [sign for sign in others if sign.ended == ""], everyone


def _fate(sign: Sign) -> str:
    if sign.ended is not None:
        return f"{sign}, which has ended: {sign.ended or 'its work was done'}"
    return (
        f"{sign}, which was in {sign.doing} and gives no sign of life: it was killed (by the "
        "system, if its memory was full: see dmesg), or its machine or network has failed"
    )


@contextmanager
def _without_sigterm() -> Iterator[None]:
    """Go on though torchrun ends this process, too, which it does 0.1 s after the first loss."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        yield
    finally:
        with suppress(TypeError):  # a handler that Python did not install
            signal.signal(signal.SIGTERM, before)
