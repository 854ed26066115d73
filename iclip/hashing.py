"""Well mixed 64-bit numbers from a few integers: the only source of chance in the data pipeline."""

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

# The constants of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators).
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def scramble(words: Words) -> Words:
    """Scramble each 64-bit word; a bijection, so different words stay different."""
    words = (words ^ (words >> np.uint64(30))) * _FIRST
    words = (words ^ (words >> np.uint64(27))) * _SECOND
    return words ^ (words >> np.uint64(31))


def hash_words(*parts: "int | Words") -> Words:
    """Hash a tuple of integers, element by element where some are arrays.

    Args:
        *parts: Integers (taken modulo 2^64) or uint64 arrays that broadcast.

    Returns:
        uint64 array of the broadcast shape, (1,) if all parts are integers.
    """
    # Arrays throughout: numpy wraps them silently, and warns about scalars that overflow.
    state: Words = np.zeros(1, dtype=np.uint64)
    for part in parts:
        if isinstance(part, int):
            part = np.array([part % 2**64], dtype=np.uint64)
        state = scramble((state ^ part) + _GOLDEN)
    return state
