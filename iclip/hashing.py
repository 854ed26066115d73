"""SplitMix64 hashes of a few integers, from which all randomness of the data pipeline derives."""

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

# The constants of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators).
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def scramble(words: Words) -> Words:
    """Apply SplitMix64's bijection to each 64-bit word: different words stay different."""
    words = (words ^ (words >> np.uint64(30))) * _FIRST
    words = (words ^ (words >> np.uint64(27))) * _SECOND
    return words ^ (words >> np.uint64(31))


def hash_words(*parts: "int | Words") -> Words:
    """Hash a tuple of integers; where some are arrays, hash element by element.

    Args:
        *parts: Integers (modulo 2^64) or uint64 arrays, which are broadcast.

    Returns:
        uint64, of the broadcast shape; (1,) if all parts are integers.
    """
    # Arrays even for single integers: numpy warns when a scalar overflows, but not for arrays.
    state: Words = np.zeros(1, dtype=np.uint64)
    for part in parts:
        if isinstance(part, int):
            part = np.array([part % 2**64], dtype=np.uint64)
        state = scramble((state ^ part) + _GOLDEN)
    return state
