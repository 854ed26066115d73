"""The interface of tokenizers, and what is read of the ids that they return."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class JoiningTokenizer(Tokenizer, Protocol):
    """A tokenizer that knows of which texts the ids may be put together from parts.

    Attributes:
        bos_id: First id of each row.
        eos_id: Last id of each text.
    """

    bos_id: int
    eos_id: int

    def joins(self, text: str) -> bool:
        """Whether a text's ids are those of the parts between its blanks, one after the other.

        It holds for a text if it holds for each of its parts.
        """
        ...

    def ids_of_parts(self, parts: Sequence[str], begins: bool) -> list[Sequence[int]]:
        """Return the ids of parts of texts, without start and end id, and without any cut.

        Args:
            parts: What stands between two blanks of a text, which may hold blanks itself.
            begins: Whether the parts are the beginnings of their texts.
        """
        ...


def values_of(token_ids: Tensor) -> TokenIds:
    """Return token ids (T, L) as an array; a batch without texts may also have the shape (0,).

    Through Python numbers: while a step is traced (torch's FakeTensorMode), a tensor from outside
    has values, but what torch's operators and `Tensor.numpy` make of it has none.
    """
    shape = len(token_ids), token_ids.shape[-1]
    return np.array(token_ids.tolist(), dtype=np.int64).reshape(shape)
