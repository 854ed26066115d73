"""How large the images and videos of a data set are."""

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

# Samples whose header is read, evenly spaced.
SIZE_SAMPLE = 64


class Sized(Protocol):
    """A sample whose size is known.

    Attributes:
        width: Width in pixels.
        height: Height in pixels.
    """

    width: int
    height: int


def median_of_stated(samples: Sequence[Sized]) -> int:
    """Return the median of the shorter sides of samples, in pixels."""
    return round(statistics.median(min(sample.width, sample.height) for sample in samples))


def median_shorter_side(
    files: Sequence[Path], size: Callable[[Path], tuple[int, int]]
) -> int | None:
    """Return the median of the shorter sides in pixels, of at most 64 files.

    Args:
        files: Images or videos.
        size: Reads a file's width and height.

    Returns:
        None if none of the files can be read; the check before the start says why.
    """
    step = max(len(files) // SIZE_SAMPLE, 1)
    sides = []
    for file in files[::step][:SIZE_SAMPLE]:
        try:
            sides.append(min(size(file)))
        except (OSError, ValueError):
            continue
    return round(statistics.median(sides)) if sides else None
