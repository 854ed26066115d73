"""The interface of tokenizers, and the padding of the ids that they return."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

TokenIds = npt.NDArray[np.int64]


class Tokenizer(Protocol):
    """From texts to token ids; the registry TOKENIZERS holds the tokenizers.

    Attributes:
        context_length: Number of ids per row, L.
        pad_id: Fills a row behind its text.
    """

    context_length: int
    pad_id: int

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Return token ids (T, L), int64; a text that is too long is cut before its end token."""
        ...

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Return the number of ids that each text needs before any cut, special ids included."""
        ...


def trim_padding(token_ids: Tensor, pad_id: int) -> Tensor:
    """Cut the trailing columns of (T, L) token ids that hold nothing but padding.

    This changes no embedding: in a causal text tower the end-of-text token does not see what
    follows it, and a bidirectional one masks padding. It reads the ids, so call it before they go
    to a GPU. A batch without texts has ids of shape (0,), which stay as they are.
    """
    if not token_ids.numel():
        return token_ids
    # Through Python numbers: while a step is traced (torch's FakeTensorMode), the results of
    # torch's operators have no values.
    ids = np.array(token_ids.tolist(), dtype=np.int64).reshape(token_ids.shape)
    return token_ids[:, : used_width(ids, pad_id)]


def used_width(token_ids: TokenIds, pad_id: int) -> int:
    """Count the columns of (T, L) ids up to the last one with more than padding; L if none has."""
    used = np.flatnonzero((token_ids != pad_id).any(axis=0))
    return int(used[-1]) + 1 if len(used) else token_ids.shape[1]
