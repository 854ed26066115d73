"""Padding behind the longest text is cut off, and nothing else."""

import numpy as np
import pytest
import torch

from iclip.text.tokenizer_protocol import trim_padding, used_width


def width_in_loops(rows: list[list[int]], pad_id: int) -> int:
    width = len(rows[0])
    while width and all(row[width - 1] == pad_id for row in rows):
        width -= 1
    return width or len(rows[0])


@pytest.mark.parametrize("pad_id", [0, 1])
@pytest.mark.parametrize(
    "rows",
    [
        [[5, 6, 0, 0], [5, 6, 7, 0]],
        [[5, 0, 6, 0], [1, 1, 1, 1]],
        [[1, 1, 1], [1, 1, 1]],
        [[0, 0, 0], [0, 0, 0]],
        [[0, 0, 9]],
        [[9]],
    ],
)
def test_width_equals_loops(rows: list[list[int]], pad_id: int):
    expected = width_in_loops(rows, pad_id)
    assert used_width(np.array(rows), pad_id) == expected
    ids = torch.tensor(rows)
    assert torch.equal(trim_padding(ids, pad_id), ids[:, :expected])


def test_batch_without_texts_stays():
    ids = torch.empty(0, dtype=torch.int64)
    assert trim_padding(ids, 0) is ids
