"""Progress of a long piece of work: items done, items per second, time left."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO


@dataclass
class Progress:
    """A line that is rewritten in place on a terminal, and written again and again to a file.

    tqdm would return to the start of the line in a file, too, and make a log one endless line.

    Attributes:
        label: What is being done; the line begins with it.
        total: Number of items to do.
        stream: Where to write.
        interval: Seconds between two lines.
        say: Takes the lines instead of the stream, such as a logger.
        patient: Whether nothing is shown of work that is done before the first line is due.
    """

    label: str
    total: int
    stream: TextIO = sys.stderr
    interval: float = 2.0
    say: Callable[[str], object] | None = None
    patient: bool = False

    def __post_init__(self) -> None:
        self.done = 0
        self._start = time.monotonic()
        self._shown = self._start

    def advance(self, count: int = 1) -> None:
        """Count more items as done, and show the line if it is time to."""
        self.done += count
        now = time.monotonic()
        is_due = now - self._shown >= self.interval
        is_end = self.done >= self.total and not (self.patient and self._shown == self._start)
        if is_due or is_end:
            self._shown = now
            self._show()

    def line(self) -> str:
        """Compose the line: ``label  12/40  3 per s  ETA 0:09``."""
        elapsed = self.elapsed()
        rate = self.done / elapsed
        speed = f"{rate:,.0f} per s" if rate >= 1 else f"{1 / rate:,.0f} s each" if rate else ""
        left = self._left(elapsed)
        return f"{self.label:<10}  {self.done:,}/{self.total:,}  {speed}  {left}"

    def time_left(self) -> str:
        """Say how long the rest will take, or how long the whole took: ``ETA 0:09``."""
        return self._left(self.elapsed())

    def elapsed(self) -> float:
        """Return the seconds since the start; never 0, because speeds are divided by it."""
        return max(time.monotonic() - self._start, 1e-9)

    def _left(self, elapsed: float) -> str:
        if self.done >= self.total:
            return f"took {clock_time(elapsed)}"
        rest = (self.total - self.done) * elapsed
        return f"ETA {clock_time(rest / self.done) if self.done else '?'}"

    def _show(self) -> None:
        if self.say is not None:
            self.say(self.line())
        elif self.stream.isatty():
            end = "" if self.done < self.total else "\n"
            # Padded to the width of a terminal, so that no rest of a longer line stays.
            print(f"\r{self.line():<78}", end=end, file=self.stream, flush=True)
        else:
            print(self.line(), file=self.stream, flush=True)


def clock_time(seconds: float) -> str:
    """Write hours, minutes and seconds: ``1:02:03``, or ``2:03`` below an hour."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
