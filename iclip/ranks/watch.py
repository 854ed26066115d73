"""A thread on each rank that ends its process if it hangs, after saying where.

Without it, ranks that wait for one that hangs end with an error about a connection, if at all, and
nothing says which rank they waited for and what that one was doing. The thread gives this rank's
sign of life each second (:mod:`iclip.ranks.signs`) and looks at the clock of its phase
(:mod:`iclip.ranks.phases`). It runs while the main thread waits for data, a disk, other ranks or
a GPU. Where C code holds Python's lock, so that it cannot, faulthandler's timer ends the process,
which needs no lock. Nothing here imports torch.
"""

import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

from iclip.ranks.phases import Phase, current_phase
from iclip.ranks.signs import BEAT_S, SILENCE_S, RankSigns, Sign, table

# The exit code of a process that hangs: that of timeout(1).
EXIT_HANGS = 124
# The descriptor of the console, whatever sys.stderr has become.
STDERR = 2
# At this signal, a rank or one of its data workers prints the stacks of its threads and goes on.
STACKS_SIGNAL = signal.SIGUSR2
# Seconds that are left to a process beyond its limit, in which the thread says why it ends; and to
# one whose thread cannot run.
GRACE_S = 60.0
# Seconds in which the store of the process group has to answer, and what is said if it does not.
ANSWER_S = SILENCE_S + 10.0
NO_ANSWER = "The store that the ranks meet in (of torchrun, or of rank 0) does not answer"
# Seconds that a data worker has for printing its stacks.
WORKER_STACKS_S = 0.5
# Seconds that rank 0 waits at its end for the others' last signs.
LAST_SIGNS_S = 5.0
# Seconds that a process is left to save and to end when torchrun, which started it, is gone.
ORPHAN_S = 120.0


class RankWatch:
    """The watch over this process.

    Attributes:
        folder: Of the run's log, for the stacks; None before there is one.
        log: Writes into the run's log file.
        timeout_s: Seconds that a rank waits for the others in an exchange.

    Args:
        signs: The ranks' signs of life, for the thread alone.
        timeout_s: See above.
        end: Ends the process with an exit code.
    """

    def __init__(
        self, signs: RankSigns, timeout_s: float, end: Callable[[int], Any] = os._exit
    ) -> None:
        self.signs = signs
        self.timeout_s = timeout_s
        self.end = end
        self.folder: Path | None = None
        self.log: Callable[[str], object] = lambda text: None
        self._parent = os.getppid()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rank watch", daemon=True)

    def start(self) -> None:
        """Begin to watch; data workers that are forked from now on know the signal, too."""
        faulthandler.register(STACKS_SIGNAL, file=STDERR)
        self.look()
        self._thread.start()

    def close(self) -> None:
        """End the watch; the process has done its work or has said why it ends."""
        self._closed.set()
        self._thread.join(2 * BEAT_S)
        faulthandler.cancel_dump_traceback_later()

    def look(self) -> None:
        """Give a sign of life, and end the process if its phase has lasted too long."""
        phase = current_phase()
        limit = phase.limit_s
        left = None if limit is None else max(limit - phase.seconds, 0)
        if left is None:
            faulthandler.cancel_dump_traceback_later()
        else:
            faulthandler.dump_traceback_later(left + GRACE_S, exit=True, file=STDERR)
        with suppress(RuntimeError):  # the store is gone with the rank or the torchrun that held it
            self.signs.give(str(phase), phase.seconds, limit, phase.may_wait)
        if os.getppid() != self._parent:
            self._end_orphan()
        elif limit is not None and left == 0:
            self._judge(phase, limit)

    def _run(self) -> None:
        while not self._closed.wait(BEAT_S):
            self.look()

    def _judge(self, phase: Phase, limit: float) -> None:
        """End this process, unless it waits for another rank that is still to end itself."""
        signs = self._listen()
        if current_phase() is not phase or self._closed.is_set():
            return  # it has gone on, or ended, meanwhile
        cause = first_to_stall(signs)
        if cause is not None and cause.rank != self.signs.rank and not cause.is_silent:
            # That rank ends itself, or has ended, which this one is about to notice; or it does
            # something that may take longer than what the others wait in.
            longest = inf if cause.limit_s is None else max(limit, cause.limit_s)
            if phase.seconds < longest + GRACE_S:
                return
        self._end_hanging(phase, limit, signs, cause)

    def _listen(self) -> list[Sign]:
        """Return the ranks' signs; none if the store is gone, or does not answer in time.

        It lies in a process of its own, which may be the one that hangs.
        """
        heard: list[Sign] = []

        def listen() -> None:
            with suppress(RuntimeError):
                heard.extend(self.signs.listen())

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        thread.join(ANSWER_S)
        if thread.is_alive():
            self.signs.store = None  # not to be asked again
        return list(heard)

    def _end_hanging(
        self, phase: Phase, limit: float, signs: list[Sign], cause: Sign | None
    ) -> None:
        is_cause = cause is None or cause.rank == self.signs.rank
        own = f"rank {self.signs.rank} has been in {phase} for more than {limit:,.0f} s"
        text = own if is_cause else f"{cause} gives no sign of life; {own}"
        text += f", and ends with exit code {EXIT_HANGS}. "
        text += f"The ranks:\n{table(signs)}" if signs else NO_ANSWER
        # One report: of the rank that hangs, or of the first that waits for it.
        tells = is_cause
        with suppress(RuntimeError):
            # At once: it gives no further sign of life while it shows where it is.
            self.signs.end(f"it was in {phase} for more than {limit:,.0f} s")
            tells |= self.signs.is_first_to("report")
        if tells:
            text += f"\nWhere rank {self.signs.rank} is:\n{_stack_of_main_thread()}"
            self._say(text)
        if is_cause:
            _show_stacks_of_data_workers()
        # Last: a disk may be what it hangs in.
        with suppress(OSError):
            self._write_stacks()
            if tells:
                self.log(f"ERROR - {text}")
        # Data workers that hang, too, would outlive it.
        for child in multiprocessing.active_children():
            child.kill()
        self.end(EXIT_HANGS)

    def _write_stacks(self) -> None:
        if self.folder is not None and self.folder.is_dir():
            with open(self.folder / f"stacks_of_rank_{self.signs.rank}.txt", "w") as file:
                faulthandler.dump_traceback(file=file)

    def _end_orphan(self) -> None:
        """Stop a process whose torchrun was killed; it would train on and hold its GPU for ever."""
        self._say(
            f"what started rank {self.signs.rank} has ended (process {self._parent}); it stops"
        )
        faulthandler.dump_traceback_later(ORPHAN_S, exit=True, file=STDERR)
        os.kill(os.getpid(), signal.SIGTERM)
        self._closed.set()

    def _say(self, text: str) -> None:
        with suppress(OSError, ValueError):  # a console that is gone
            print(text, file=sys.__stderr__, flush=True)


def first_to_stall(signs: list[Sign]) -> Sign | None:
    """Return the rank that the others wait for, as far as their signs tell.

    It is one that has ended with an error; else one that is silent, unless its work was done; else
    one whose phase is its own, before those that may wait for others; and of these, the one that
    has been in it longest.
    """
    by_fault = {bool(sign.ended): replace(sign, is_silent=False) for sign in signs}
    if True in by_fault:
        return by_fault[True]
    running = [sign for sign in signs if sign.ended is None]
    return max(
        running, key=lambda sign: (sign.is_silent, not sign.may_wait, sign.seconds), default=None
    )


def _stack_of_main_thread() -> str:
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    return "".join(traceback.format_stack(frame)).rstrip()


def _show_stacks_of_data_workers() -> None:
    """Have this process's children print their stacks: a hanging read is in one of theirs."""
    for child in multiprocessing.active_children():
        with suppress(OSError, TypeError):
            os.kill(child.pid, STACKS_SIGNAL)  # type: ignore[arg-type]
            time.sleep(WORKER_STACKS_S)  # one after the other, whole


class _Watched:
    """The watch of this process, if it has one, and the signs for its main thread."""

    watch: RankWatch | None = None
    signs: RankSigns | None = None


def watch_rank(store: Any, rank: int, world_size: int, timeout_s: float) -> None:
    """Watch this process from now on, until :func:`end_watch` or its end.

    Args:
        store: The process group's.
        rank: This process's rank.
        world_size: Number of ranks.
        timeout_s: See :class:`RankWatch`.
    """
    # A client of its own for each thread.
    _Watched.signs = RankSigns(store.clone(), rank, world_size)
    _Watched.watch = RankWatch(RankSigns(store.clone(), rank, world_size), timeout_s)
    _Watched.watch.start()


def current_watch() -> RankWatch | None:
    """Return the watch of this process; None if no other process waits for it."""
    return _Watched.watch


def main_thread_signs() -> RankSigns | None:
    """Return the signs of life for the main thread; None as of :func:`current_watch`."""
    return _Watched.signs


def end_watch(how: str = "") -> None:
    """Tell the others that this rank ends, with an error's message or after its work.

    After its work, rank 0 waits a while for the others to tell the same: it may hold the store.
    """
    watch, signs = _Watched.watch, _Watched.signs
    _Watched.watch = _Watched.signs = None
    if watch is None or signs is None:
        return
    watch.close()
    with suppress(RuntimeError):
        signs.end(how)
        deadline = time.monotonic() + LAST_SIGNS_S
        while signs.rank == 0 and not how and not signs.all_have_ended():
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
