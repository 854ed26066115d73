"""What the hub asks of a tokenizer, and the padding of what it returns."""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor


class Tokenizer(Protocol):
    """From texts to token ids; the registry TOKENIZERS holds those there are.

    Attributes:
        context_length: Ids a row, L.
        pad_id: Fills a row behind its text.
    """

    context_length: int
    pad_id: int

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Token ids (T, L), int64; what is too long is cut, the end token kept."""
        ...

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """How many ids each text needs before any cut."""
        ...


def trim_padding(token_ids: Tensor, pad_id: int) -> Tensor:
    """Cuts the trailing columns of (T, L) token ids that hold nothing but padding.

    Exact for both kinds of text tower: a causal tower's end-of-text token never sees what follows
    it, and a bidirectional one masks padding. Do it before the ids go to a GPU: it reads them.
    """
    used = (token_ids != pad_id).any(dim=0).nonzero()
    return token_ids[:, : int(used[-1]) + 1] if len(used) else token_ids
