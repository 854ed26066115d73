"""A shuffle with random access: element p of a permutation of range(n), without an index array.

It is a Feistel network over pairs of digits (left < a, right < b, a * b >= n) with cycle walking
(Black and Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002). It shuffles 400 million
pairs in constant memory, and a resumed run continues in the middle of an epoch at once.
"""

import math

import numpy as np
from numpy.typing import NDArray

from iclip.hashing import Words, hash_words, scramble

# Each round here changes both digits. Four rounds that change one digit each would do if the round
# functions were strong (Luby and Rackoff); there are more because small digits make weak functions.
_ROUNDS = 6


def permute(positions: NDArray[np.integer], size: int, key: int) -> NDArray[np.int64]:
    """Look up elements of the pseudo-random permutation of ``range(size)`` that ``key`` selects.

    Args:
        positions: Positions in the permutation, each in ``range(size)``, of any shape.
        size: Length of the permutation, at least 1.
        key: Selects the permutation; different keys give unrelated permutations.

    Returns:
        int64 array of the shape of ``positions``.

    Raises:
        ValueError: ``size`` is not positive, or a position is outside ``range(size)``.
    """
    positions = np.asarray(positions)
    if size < 1:
        raise ValueError(f"a permutation of {size} elements was asked for; size must be at least 1")
    if positions.size and not 0 <= positions.min() <= positions.max() < size:
        raise ValueError(
            f"positions {positions.min()}..{positions.max()} are outside range({size})"
        )
    # The square root and the quotient are rounded up, so that left_base * right_base >= size.
    left_base = math.isqrt(size - 1) + 1
    right_base = -(-size // left_base)
    # One key per digit and round, (2 * _ROUNDS,).
    round_keys = hash_words(key, np.arange(2 * _ROUNDS, dtype=np.uint64))
    values = positions.astype(np.uint64).ravel()
    # Cycle walking: the network's domain exceeds range(size) by less than about sqrt(size), and
    # values outside that range are mapped again until they are inside.
    walking = np.arange(values.size)
    while walking.size:
        values[walking] = _feistel(values[walking], left_base, right_base, round_keys)
        walking = walking[values[walking] >= size]
    return values.astype(np.int64).reshape(positions.shape)


def _feistel(values: Words, left_base: int, right_base: int, round_keys: Words) -> Words:
    """Permute ``range(left_base * right_base)``, elementwise for values of any shape."""
    a, b = np.uint64(left_base), np.uint64(right_base)
    left, right = values // b, values % b
    # Adding a function of the other digit modulo the base can be undone, so no two values collide.
    for left_key, right_key in zip(round_keys[::2], round_keys[1::2], strict=True):
        left = (left + scramble(right ^ left_key) % a) % a
        right = (right + scramble(left ^ right_key) % b) % b
    return left * b + right
