"""Samples of a stream around positions that are never read."""

import random

import pytest

from iclip.datasets.stream_gaps import positions_around, with_gap


def outside(gaps: list[tuple[int, int]], count: int) -> list[int]:
    """The first positions outside of the gaps, one after the other."""
    left_out = {start + i for start, length in gaps for i in range(length)}
    return [p for p in range(count + len(left_out)) if p not in left_out][:count]


@pytest.mark.parametrize("gaps", [[], [(0, 3)], [(5, 1)], [(2, 2), (5, 4), (30, 1)]])
def test_samples_are_at_the_positions_outside_of_the_gaps(gaps: list[tuple[int, int]]):
    expected = outside(gaps, 20)
    assert positions_around(gaps, 0, 20).tolist() == expected
    assert positions_around(gaps, 7, 6).tolist() == expected[7:13]
    assert positions_around(gaps, 7, 0).tolist() == []


@pytest.mark.parametrize("seed", range(20))
def test_gap_covers_what_its_samples_had(seed: int):
    """Added one after the other, anywhere, gaps cover exactly the positions of their samples."""
    draw, gaps, left_out = random.Random(seed), [], set()
    for _ in range(8):
        first, count = draw.randrange(30), draw.randrange(6)
        left_out |= set(outside(gaps, first + count)[first:])
        gaps = with_gap(gaps, first, count)
        assert {start + i for start, length in gaps for i in range(length)} == left_out
        ends = [start + length for start, length in gaps]
        assert all(end < start for end, (start, _) in zip(ends, gaps[1:], strict=False))
