"""Positions of a stream that are never read, such as those of samples that broke a training.

Gaps are (first position, number of positions), ascending and apart from each other. What is read is
counted without them: sample number n of a stream is at the n-th position outside of its gaps.
"""

from collections.abc import Sequence

import numpy as np

Gaps = Sequence[tuple[int, int]]


def positions_around(gaps: Gaps, first: int, count: int) -> np.ndarray:
    """Return the positions of samples ``first`` to ``first + count - 1``: ascending, (count,)."""
    positions = np.arange(first, first + count)
    for start, length in gaps:
        # Those before it are where they were, also after all further gaps.
        positions[positions >= start] += length
    return positions


def with_gap(gaps: Gaps, first: int, count: int) -> list[tuple[int, int]]:
    """Return gaps that cover the positions of samples ``first`` to ``first + count - 1``, too."""
    covered = [
        *gaps,
        *((position, 1) for position in positions_around(gaps, first, count).tolist()),
    ]
    joined: list[tuple[int, int]] = []
    for start, length in sorted(covered):
        if joined and sum(joined[-1]) == start:
            joined[-1] = (joined[-1][0], joined[-1][1] + length)
        else:
            joined.append((start, length))
    return joined
