"""Outlines of objects as files state them, and what of them can be drawn.

Drawing asks a library in C, to which nothing is given that has not been checked here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

# Numbers of a polygon of three corners.
_SMALLEST_POLYGON = 6
# Of the last bits of a number of 64.
_LARGEST_SHIFT = 60


def usable_outline(outline: Any, width: int, height: int) -> Any | None:
    """Return what of an outline can be drawn; None if nothing can.

    A polygon of fewer than three corners is dropped, and so is one with corners that are not
    numbers or lie further outside of the image than it is wide: drawing it would fill the memory.
    """
    if isinstance(outline, Mapping):
        return _usable_runs(outline, width, height)
    if not isinstance(outline, Sequence) or isinstance(outline, str):
        return None
    polygons = [polygon for polygon in outline if _is_polygon(polygon, width, height)]
    return polygons or None


def _is_polygon(polygon: Any, width: int, height: int) -> bool:
    if not isinstance(polygon, Sequence) or isinstance(polygon, str):
        return False
    if len(polygon) < _SMALLEST_POLYGON or len(polygon) % 2:
        return False
    # A comparison is false for what is not a number.
    return all(
        isinstance(number, int | float) and -side <= number <= 2 * side
        for at, number in enumerate(polygon)
        for side in ((width, height)[at % 2],)
    )


def _usable_runs(outline: Mapping[str, Any], width: int, height: int) -> Any | None:
    """Return run lengths as a list of numbers; None if they do not fill the image exactly."""
    size, counts = outline.get("size"), outline.get("counts")
    if not isinstance(size, Sequence) or list(size) != [height, width]:
        return None
    runs = _decompressed(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(isinstance(run, int) and run >= 0 for run in runs):
        return None
    return {"size": [height, width], "counts": runs} if sum(runs) == width * height else None


def _decompressed(counts: str) -> list[int] | None:
    """Read COCO's compressed run lengths (pycocotools, ``rleFrString``); None if damaged.

    A character holds five bits, lowest first, and a sixth that says whether the number goes on.
    From the fourth number on, they are differences to the last but one. Read here, their sum is
    known before anything is drawn.
    """
    runs: list[int] = []
    number, shift = 0, 0
    for character in counts:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > _LARGEST_SHIFT:
            return None
        number |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:  # negative
            number -= 1 << shift
        runs.append(number + (runs[-2] if len(runs) > 2 else 0))
        number, shift = 0, 0
    return runs if shift == 0 else None
