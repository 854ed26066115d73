"""Random streams are independent, and depend on seed, use and position alone."""

from itertools import combinations

import numpy as np
import pytest

from iclip.toy.random_streams import Stream, generator, pick


def drawn(seed: int, stream: Stream, *position: int) -> tuple[float, ...]:
    return tuple(generator(seed, stream, *position).random(4))


def test_no_two_uses_share_a_number():
    assert len(Stream.__members__) == len(set(map(int, Stream)))


def test_generator_is_numpys_of_seed_number_and_position():
    expected = np.random.default_rng([7, 3, 11]).random(4)
    assert drawn(7, Stream.PAIRS, 11) == tuple(expected)


def test_seeds_uses_and_positions_draw_differently():
    places = [(seed, stream, i) for seed in (0, 1) for stream in Stream for i in (0, 1)]
    streams = [drawn(seed, stream, i) for seed, stream, i in places]
    assert not any(set(one) & set(other) for one, other in combinations(streams, 2))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_items_are_picked_uniformly(count: int):
    """Each count is within five standard deviations of the binomial distribution."""
    rng = np.random.default_rng(0)
    picked = [pick(rng, range(count)) for _ in range(7000)]
    counts = np.bincount(picked, minlength=count)
    share = 1 / count
    assert len(counts) == count
    assert np.abs(counts - 7000 * share).max() <= 5 * (7000 * share * (1 - share)) ** 0.5
