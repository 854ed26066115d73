"""Padding of token ids."""

from torch import Tensor


def trim_padding(token_ids: Tensor, pad_id: int) -> Tensor:
    """Cuts the trailing columns of (T, L) token ids that hold nothing but padding.

    Exact for both kinds of text tower: a causal tower's end-of-text token never sees what follows
    it, and a bidirectional one masks padding. Do it before the ids go to a GPU: it reads them.
    """
    used = (token_ids != pad_id).any(dim=0).nonzero()
    return token_ids[:, : int(used[-1]) + 1] if len(used) else token_ids
