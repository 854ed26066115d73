import numpy as np
import pytest

from iclip.hashing import hash_words, scramble


def test_one_word_is_splitmix64() -> None:
    # The generator's published first output for the seed 0.
    assert int(hash_words(0)[0]) == 0xE220A8397B1DCDAF


def test_array_is_hashed_element_by_element() -> None:
    together = hash_words(3, np.arange(5, dtype=np.uint64), 7)
    assert together.tolist() == [int(hash_words(3, element, 7)[0]) for element in range(5)]


@pytest.mark.parametrize("other", [(2, 1), (1, 2, 0), (1, 3), (0, 2), (-1, 2)])
def test_other_parts_give_another_hash(other: tuple[int, ...]) -> None:
    assert hash_words(1, 2)[0] != hash_words(*other)[0]


def test_mixing_keeps_different_words_different() -> None:
    words = np.arange(100_000, dtype=np.uint64)
    assert len(np.unique(scramble(words))) == len(words)


def test_every_bit_is_set_half_the_time() -> None:
    words = hash_words(0, np.arange(20_000, dtype=np.uint64))
    shares = [((words >> np.uint64(bit)) & np.uint64(1)).mean() for bit in range(64)]
    # Five standard deviations of a fair coin, as the largest of 64 counts.
    assert max(abs(share - 0.5) for share in shares) < 5 * 0.5 / 20_000**0.5
