"""A shuffle with random access: element p of a permutation of range(n), without an index array.

It is a Feistel network over pairs of digits (left < a, right < b, a * b >= n) with cycle walking
(Black and Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002). It shuffles 400 million
pairs in constant memory, and a resumed run continues in the middle of an epoch at once.
"""

import numpy as np
from numpy.typing import NDArray

from iclip.hashing import Words, hash_words, scramble

# Each round here changes both digits. Four rounds that change one digit each would do if the round
# functions were strong (Luby and Rackoff); there are more because small digits make weak functions.
_ROUNDS = 6


def permute(
    positions: NDArray[np.integer],
    size: int | NDArray[np.integer],
    key: int | NDArray[np.unsignedinteger],
) -> NDArray[np.int64]:
    """Look up elements of the pseudo-random permutation of ``range(size)`` that ``key`` selects.

    Args:
        positions: Positions in the permutation, each in ``range(size)``, of any shape.
        size: Length of the permutation, at least 1; or the length of each position's own one.
        key: Selects the permutation; different keys give unrelated permutations. Or the key of
            each position's own one.

    Returns:
        int64 array of the shape of ``positions``.

    Raises:
        ValueError: ``size`` is not positive, or a position is outside ``range(size)``.
    """
    positions, sizes = np.asarray(positions), np.asarray(size)
    if sizes.size and sizes.min() < 1:
        raise ValueError(
            f"a permutation of {sizes.min()} elements was asked for; size must be at least 1"
        )
    outside = positions[(positions < 0) | (positions >= sizes)]
    if outside.size:
        raise ValueError(
            f"positions {outside.min()}..{outside.max()} are outside range({sizes.max()})"
        )
    # The square root and the quotient are rounded up, so that left_base * right_base >= size.
    left_base = _integer_root(sizes - 1) + 1
    right_base = -(-sizes // left_base)
    keys = np.array(key % 2**64, np.uint64) if isinstance(key, int) else key
    # One key per digit and round: (2 * _ROUNDS, 1) or, with a key per position, (2 * _ROUNDS, P).
    rounds = np.arange(2 * _ROUNDS, dtype=np.uint64)[:, None]
    round_keys = hash_words(keys.reshape(1, -1), rounds)
    values = positions.astype(np.uint64).ravel()
    # Everything per position: (P,).
    bounds, left_bases, right_bases = (
        np.broadcast_to(part.astype(np.uint64), positions.shape).ravel()
        for part in (sizes, left_base, right_base)
    )
    # Cycle walking: the network's domain exceeds range(size) by less than about sqrt(size), and
    # values outside that range are mapped again until they are inside.
    walking = np.arange(values.size)
    while walking.size:
        own_keys = round_keys if round_keys.shape[1] == 1 else round_keys[:, walking]
        values[walking] = _feistel(
            values[walking], left_bases[walking], right_bases[walking], own_keys
        )
        walking = walking[values[walking] >= bounds[walking]]
    return values.astype(np.int64).reshape(positions.shape)


def _integer_root(numbers: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the square roots of numbers below 2^52, rounded down."""
    return np.sqrt(numbers.astype(np.float64)).astype(np.int64)


def _feistel(values: Words, left_base: Words, right_base: Words, round_keys: Words) -> Words:
    """Permute ``range(left_base * right_base)``, elementwise for values (P,)."""
    left, right = values // right_base, values % right_base
    # Adding a function of the other digit modulo the base can be undone, so no two values collide.
    for left_key, right_key in zip(round_keys[::2], round_keys[1::2], strict=True):
        left = (left + scramble(right ^ left_key) % left_base) % left_base
        right = (right + scramble(left ^ right_key) % right_base) % right_base
    return left * right_base + right
