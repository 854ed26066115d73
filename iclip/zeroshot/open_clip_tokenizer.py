"""A tokenizer of open_clip's behind the hub's interface, `Tokenizer`."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


class OpenClipTokenizer:
    """Calls open_clip's tokenizer, and counts the ids that a text needs before any cut.

    Args:
        tokenizer: What ``open_clip.get_tokenizer`` returns.
    """

    def __init__(self, tokenizer: Callable[..., Tensor]) -> None:
        self._tokenizer = tokenizer
        self.context_length: int = tokenizer.context_length  # type: ignore[attr-defined]
        # Twice the context is enough to see which texts are longer than the context.
        self._long = 2 * self.context_length
        # An empty text ends in padding.
        self.pad_id = int(tokenizer([""], context_length=self._long)[0, -1])

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Encode texts: ids, int64, (T, context_length)."""
        return self._tokenizer(list(texts))

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Count the ids that each text needs, at most twice the context."""
        used = self._tokenizer(list(texts), context_length=self._long) != self.pad_id
        # The place of a row's last id that is not padding, from 1 on: T, 2 * context_length -> T
        return (used * torch.arange(1, self._long + 1)).amax(dim=1).tolist()
