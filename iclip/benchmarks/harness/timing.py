"""Times of steps, interleaved and compared by their medians, in as many rounds as time allows."""

import statistics
import time
from collections.abc import Callable, Mapping

from iclip.benchmarks.harness.settings import Settings


def seconds_of(run: Callable[[], object], settings: Settings) -> float:
    """Measure one call in seconds, including the device's work."""
    settings.wait()
    started = time.perf_counter()
    run()
    settings.wait()
    return time.perf_counter() - started


def medians(
    runs: Mapping[str, Callable[[], object]], settings: Settings, share: float = 1.0
) -> tuple[dict[str, float], int]:
    """Measure calls in turn, and take the median seconds of each.

    Args:
        runs: The calls by name.
        settings: One warm-up, then ``rounds``, or fewer when the time is over.
        share: Share of the remaining time that may be used.

    Returns:
        The medians by name, and the number of rounds.
    """
    times = interleaved(runs, settings, share)
    rounds = min(map(len, times.values()))
    return {name: statistics.median(found) for name, found in times.items()}, rounds


def interleaved(
    runs: Mapping[str, Callable[[], object]],
    settings: Settings,
    share: float = 1.0,
    before: Callable[[], object] | None = None,
) -> dict[str, list[float]]:
    """Measure calls in turn, A B A B; return the seconds of each round by name.

    Args:
        runs: As for :func:`medians`, like ``settings`` and ``share``.
        settings: The number of rounds.
        share: Share of the remaining time that may be used.
        before: Called before each call; its time does not count.
    """
    end = time.time() + settings.left * share
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(settings.rounds + 1):
        for name, run in runs.items():
            if before is not None:
                before()
            seconds = seconds_of(run, settings)
            if number:  # round 0 is the warm-up
                times[name].append(seconds)
        if number and time.time() > end:
            break
    return times


class Laps:
    """Times of the parts of a step, including the device's work.

    Attributes:
        seconds: Seconds by the part's name.
    """

    def __init__(self, settings: Settings) -> None:
        self.seconds: dict[str, float] = {}
        self._settings = settings
        settings.wait()
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """End a part of this name."""
        self._settings.wait()
        now = time.perf_counter()
        self.seconds[name] = now - self._last
        self._last = now
