import numpy as np
import pytest

from iclip.text.token_rows import TokenRows, runs

PADDED = [[5, 6, 7, 0], [5, 7, 0, 0], [5, 0, 6, 7], [0, 0, 0, 0]]
TEXTS = [[5, 6, 7], [5, 7], [5, 0, 6, 7], [0]]  # padding inside a text stays


def rows() -> TokenRows:
    return TokenRows.from_padded(np.array(PADDED), pad_id=0)


def as_lists(texts: TokenRows) -> list[list[int]]:
    ids = iter(texts.ids.tolist())
    return [[next(ids) for _ in range(length)] for length in texts.lengths]


def test_texts_are_rows_without_what_is_behind_them():
    assert as_lists(rows()) == TEXTS


def test_padding_restores_the_rows():
    assert rows().padded(0).tolist() == PADDED
    assert rows().padded(9, width=5).tolist() == [
        text + [9] * (5 - len(text)) for text in TEXTS
    ]  # fmt: skip


@pytest.mark.parametrize("order", [[2, 0], [3, 3, 1], []])
def test_texts_are_taken_in_the_given_order(order: list[int]):
    taken = rows().take(np.array(order, dtype=np.int64))
    assert as_lists(taken) == [TEXTS[row] for row in order]
    assert len(taken) == len(order)


@pytest.mark.parametrize("shape", [(0, 0), (0, 4)])
def test_no_texts_make_no_rows(shape: tuple[int, int]):
    texts = TokenRows.from_padded(np.zeros(shape, dtype=np.int64), pad_id=0)
    assert len(texts) == 0 and texts.padded(0).shape == (0, 1)


def test_runs_equal_a_loop():
    starts, lengths = [7, 2, 9, 0], [2, 3, 0, 1]
    expected = [n for s, k in zip(starts, lengths, strict=True) for n in range(s, s + k)]
    assert runs(np.array(starts), np.array(lengths)).tolist() == expected
    assert runs(np.array([], dtype=np.int64), np.array([], dtype=np.int64)).tolist() == []
