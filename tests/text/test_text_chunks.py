"""Chunks and shares: every text once, no more padding than stated."""

import numpy as np
import pytest

from iclip.text.text_chunks import cut_into_chunks, longest_first, places_in, share_by_cost


def drawn_lengths(count: int) -> np.ndarray:
    """Lengths like those of class texts: most near 24, a few far longer."""
    return np.random.default_rng(count).gamma(9, 2.7, count).astype(np.int64).clip(3, 77)


def test_places_undo_an_order():
    order = np.random.default_rng(0).permutation(50)
    assert [order[place] for place in places_in(order)] == list(range(50))


def test_longest_come_first_and_equal_ones_as_given():
    assert longest_first([3, 9, 3, 12]).tolist() == [3, 1, 0, 2]


@pytest.mark.parametrize("width_multiple", [1, 4])
@pytest.mark.parametrize("tokens", [1, 60, 4096])
def test_chunks_hold_each_text_once_and_are_as_wide_as_their_first(
    tokens: int, width_multiple: int
):
    lengths = np.sort(drawn_lengths(300))[::-1]
    chunks = cut_into_chunks(lengths, tokens, width_multiple)
    assert [row for rows, _ in chunks for row in rows] == list(range(300))
    for number, (rows, width) in enumerate(chunks):
        assert width % width_multiple == 0
        assert lengths[rows[0]] <= width < lengths[rows[0]] + width_multiple
        assert len(rows) * width <= tokens or len(rows) == 1
        if number < len(chunks) - 1:  # full, or the next text would be padded too much
            full = (len(rows) + 1) * width > tokens
            assert full or 8 * lengths[rows[-1] + 1] < 7 * lengths[rows[0]]


@pytest.mark.parametrize("width_multiple", [1, 4])
def test_texts_that_are_padded_much_are_in_small_chunks(width_multiple: int):
    lengths = np.arange(200, 2, -1)
    for rows, width in cut_into_chunks(lengths, 4096, width_multiple):
        if 8 * lengths[rows[-1]] < 7 * lengths[rows[0]]:
            assert (len(rows) - 1) * width < 4096 / 8


def test_captions_of_a_batch_are_hardly_padded():
    # From 10 tokens to the context of 77, nine of ten below 37.
    lengths = np.interp(np.arange(1, 129) / 128, (0, 0.5, 0.9, 0.99, 1), (10, 24, 36, 50, 77))
    lengths = np.sort(lengths.astype(np.int64))[::-1]
    padded = sum(len(rows) * width for rows, width in cut_into_chunks(lengths, 4096))
    assert padded <= 1.2 * lengths.sum()


def test_no_texts_make_no_chunks():
    assert cut_into_chunks([], 10) == []


@pytest.mark.parametrize(("texts", "ranks"), [(0, 3), (2, 5), (7, 2), (1000, 8), (5000, 64)])
def test_each_text_is_of_one_rank_and_ranks_hold_runs(texts: int, ranks: int):
    lengths = drawn_lengths(texts)
    shares = share_by_cost(lengths, ranks, tokens=256)
    assert len(shares) == ranks
    assert np.concatenate(shares).tolist() == longest_first(lengths).tolist()


def test_one_rank_keeps_the_given_order():
    assert share_by_cost([3, 9, 4], 1, tokens=4)[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("ranks", [2, 8, 64])
def test_ranks_compute_about_as_many_padded_tokens(ranks: int):
    lengths = drawn_lengths(21841)
    padded = [
        sum(len(rows) * width for rows, width in cut_into_chunks(lengths[share], 4096))
        for share in share_by_cost(lengths, ranks, 4096)
    ]
    assert max(padded) <= 1.1 * lengths.sum() / ranks
