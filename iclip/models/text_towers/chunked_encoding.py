"""Encode many texts in chunks of similar length, in bounded memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from iclip.models.text_towers.token_table import SharedTable
from iclip.text.text_chunks import cut_into_chunks, longest_first, places_in
from iclip.text.token_rows import TokenRows

# Texts of at most so many padded tokens take one call, whatever the chunks. More are cut, or else
# the rank with the longest class texts would compute a third more than the others at 64 ranks.
ONE_CALL_TOKENS = 4096
# From token ids (R, W) and the token table's rows of them (R, W, C) to embeddings (R, D).
Encode = Callable[[Tensor, Tensor], Tensor]


class ChunkedTower(Protocol):
    """What chunks need of a text tower.

    Attributes:
        pad_id: Fills a row behind its text.
        context_length: Longest text.
    """

    pad_id: int
    context_length: int

    @property
    def token_table(self) -> Tensor:
        """The token table, (V, C)."""
        ...

    def table_rows(self, token_ids: Tensor) -> Tensor:
        """Map ids to rows of the token table."""
        ...


@dataclass(frozen=True)
class TextChunks:
    """How a step's texts are cut into chunks, a model's ``text_chunks``.

    In bfloat16, the 512-wide text tower saves about 0.2 MB of a token for the backward pass,
    RoBERTa-base 0.4 MB: the defaults keep both below 3 GiB, whatever the number of texts.

    Attributes:
        tokens: Padded tokens of a chunk.
        kept_tokens: Padded tokens of which the activations are kept for the backward pass; those of
            further chunks are computed again in it. 0: of all chunks.
        width_multiple: Widths are rounded up to it, so that a compiled tower meets fewer shapes.

    Raises:
        ValueError: A number is too small.
    """

    tokens: int = 4096
    kept_tokens: int = 6144
    width_multiple: int = 1

    def __post_init__(self) -> None:
        for name, least in (("tokens", 1), ("kept_tokens", 0), ("width_multiple", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise ValueError(
                    f"model.text_chunks.{name} is {value!r}; it takes a whole number from {least}"
                )


def encode_in_chunks(
    encode: Encode, tower: ChunkedTower, texts: TokenRows, chunks: TextChunks, device: torch.device
) -> Tensor:
    """Encode texts, sorted by length and cut into chunks.

    The result equals that of one call with all of them padded. Texts that fit into one chunk, and
    into :data:`ONE_CALL_TOKENS`, are encoded in one call, in the order given.

    Args:
        encode: Encodes a chunk with the tower.
        tower: The text tower.
        texts: The ids of T texts; T may be 0.
        chunks: The chunks' sizes.
        device: Where the tower is.

    Returns:
        (T, D), in the order of ``texts``.
    """
    if not len(texts):
        # Ranks exchange the gradient of every parameter: one without texts contributes zeros, those
        # of a text of one id that is dropped.
        one = TokenRows(np.array([int(tower.pad_id == 0)]), np.ones(1, dtype=np.int64))
        return encode_in_chunks(encode, tower, one, chunks, device)[:0]
    if len(texts) * texts.lengths.max(initial=1) <= min(chunks.tokens, ONE_CALL_TOKENS):
        ids = torch.from_numpy(texts.padded(tower.pad_id)).to(device, non_blocking=True)
        return encode(ids, F.embedding(tower.table_rows(ids), tower.token_table))
    order = longest_first(texts.lengths)
    table = SharedTable(tower.token_table)

    def encode_chunk(ids: Tensor) -> Tensor:
        return encode(ids, table.look_up(tower.table_rows(ids)))

    embeds = []
    for ids, keeps in _chunks_of(texts.take(order), tower, chunks, device):
        if keeps or not torch.is_grad_enabled():
            embeds.append(encode_chunk(ids))
        else:
            embeds.append(checkpoint(encode_chunk, ids, use_reentrant=False))
    places = torch.from_numpy(places_in(order)).to(device, non_blocking=True)
    return torch.cat(embeds).index_select(0, places)


def _chunks_of(
    texts: TokenRows, tower: ChunkedTower, chunks: TextChunks, device: torch.device
) -> Iterator[tuple[Tensor, bool]]:
    """Yield each chunk's ids (R, W), int64, and whether its activations are kept.

    Args:
        texts: The longest first.
        tower: The text tower.
        chunks: The chunks' sizes.
        device: Where the ids are needed.
    """
    cuts = cut_into_chunks(
        texts.lengths, chunks.tokens, chunks.width_multiple, tower.context_length
    )
    sizes = [len(rows) * width for rows, width in cuts]
    arrays = [
        texts.take(np.arange(rows.start, rows.stop)).padded(tower.pad_id, width)
        for rows, width in cuts
    ]
    # One copy to the device for all chunks.
    ids = torch.from_numpy(np.concatenate(arrays, axis=None)).to(device, non_blocking=True)
    # The backward pass begins with the last chunks. If those are the kept ones, their activations
    # are gone before another chunk is computed again.
    behind = np.cumsum(sizes[::-1])[::-1]
    for part, (rows, width), tokens in zip(ids.split(sizes), cuts, behind, strict=True):
        yield part.view(len(rows), width), bool(tokens <= chunks.kept_tokens)
