"""Watch a process for a time, and judge what it holds."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.soak.process_tree import Sample, take_sample
from tests.soak.slopes import Slope, fit_slope

# The growth per hour that a run of three weeks (504 hours) can bear: 5 GB of memory, half a GB of
# shared memory, a thousand open files at a usual limit of 1,024, and 10 GB of logs.
LIMITS = {
    "memory_mb": 10.0,
    "shared_mb": 1.0,
    "dev_shm_mb": 1.0,
    "open_files": 2.0,
    "threads": 1.0,
    "processes": 0.5,
    "folder_mb": 20.0,
}


def watch(
    pid: int,
    folder: Path,
    minutes: float,
    every: float,
    keep: Callable[[Sample], object],
) -> list[Sample]:
    """Sample a tree of processes until the time is over or its first process has ended.

    Args:
        pid: The first process.
        folder: What it writes into.
        minutes: How long.
        every: Seconds between samples.
        keep: Takes each sample at once, so that nothing is lost where the watch is killed.
    """
    samples: list[Sample] = []
    stop = time.monotonic() + 60 * minutes
    while time.monotonic() < stop:
        try:
            samples.append(take_sample(pid, folder))
        except ProcessLookupError:
            break
        keep(samples[-1])
        time.sleep(every)
    return samples


def judge(samples: Sequence[Sample]) -> list[Slope]:
    """Fit a line to each quantity.

    Raises:
        ValueError: There are too few samples.
    """
    seconds = [sample.seconds for sample in samples]
    return [
        fit_slope(name, seconds, [getattr(sample, name) for sample in samples], limit)
        for name, limit in LIMITS.items()
    ]


def table(slopes: Sequence[Slope]) -> str:
    """Return the slopes as a table in Markdown."""
    lines = ["| | level | slope per hour | limit | |", "|---|---|---|---|---|"]
    lines += [
        f"| {slope.name} | {slope.level:,.1f} | {slope.per_hour:+.2f} ± {slope.margin:.2f} "
        f"| {slope.limit:g} | {slope.verdict} |"
        for slope in slopes
    ]
    return "\n".join(lines)
