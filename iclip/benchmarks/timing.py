"""Times of steps beside each other: interleaved, medians, as many rounds as there is time for."""

import statistics
import time
from collections.abc import Callable, Mapping

from iclip.benchmarks.settings import Settings


def seconds_of(run: Callable[[], object], settings: Settings) -> float:
    """Seconds of one call, the device's work included."""
    settings.wait()
    started = time.perf_counter()
    run()
    settings.wait()
    return time.perf_counter() - started


def medians(
    runs: Mapping[str, Callable[[], object]], settings: Settings, share: float = 1.0
) -> tuple[dict[str, float], int]:
    """Median seconds of each, interleaved.

    Args:
        runs: By name.
        settings: One round to warm up, then ``rounds``, fewer where time ends.
        share: Of the time left that may be used.

    Returns:
        Medians, and how many rounds they are of.
    """
    end = time.time() + settings.left * share
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(settings.rounds + 1):
        for name, run in runs.items():
            seconds = seconds_of(run, settings)
            if number:
                times[name].append(seconds)
        if number and time.time() > end:
            break
    return {name: statistics.median(found) for name, found in times.items()}, number


class Laps:
    """Times of the parts of a step, each until the device has done it.

    Attributes:
        seconds: By the part's name.
    """

    def __init__(self, settings: Settings) -> None:
        self.seconds: dict[str, float] = {}
        self._settings = settings
        settings.wait()
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """End a part."""
        self._settings.wait()
        now = time.perf_counter()
        self.seconds[name] = now - self._last
        self._last = now
