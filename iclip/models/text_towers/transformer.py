"""CLIP's causal text Transformer, as open_clip builds it, with a token table of any vocabulary."""

from collections.abc import Sequence

import torch
from open_clip.transformer import TextTransformer as OpenCLIPTextTransformer
from torch import Tensor, nn

from iclip.files.annotations import read_json
from iclip.files.storage import is_file
from iclip.registry import MODELS

CLIP_VOCAB_SIZE = 49408
END_OF_TEXT = CLIP_VOCAB_SIZE - 1


@MODELS.register_module()
class TextTransformer(OpenCLIPTextTransformer):
    """Text tower of CLIP and UniCL: the last layer's output at the end-of-text token.

    Args:
        context_length: Longest text in tokens, both special tokens included.
        width: Channels.
        heads: Attention heads.
        layers: Blocks.
        vocabulary: CLIP BPE ids that have a row in the token table: a sequence, or the path or
            URL of a JSON list; None: all 49,408. Texts are always tokenized to the standard ids,
            and ids outside the vocabulary share one row. With all rows, a micro model on a CPU
            would spend most of its time on those that its texts never use.
        token_std: Standard deviation of the token table's initial values.

    Raises:
        FileNotFoundError: The vocabulary's file does not exist.
        ValueError: The vocabulary lacks the end-of-text token or names an id outside CLIP's.
    """

    def __init__(
        self,
        context_length: int = 77,
        width: int = 512,
        heads: int = 8,
        layers: int = 12,
        vocabulary: str | Sequence[int] | None = None,
        token_std: float = 0.02,
    ) -> None:
        bpe_ids = _read_vocabulary(vocabulary)
        super().__init__(
            context_length=context_length,
            vocab_size=CLIP_VOCAB_SIZE if bpe_ids is None else len(bpe_ids) + 1,
            width=width,
            heads=heads,
            layers=layers,
            output_dim=None,
            proj_type="none",
        )
        # Row i + 1 of the token table belongs to bpe_ids[i], row 0 to every other id.
        self.register_buffer("bpe_ids", bpe_ids)
        nn.init.normal_(self.token_embedding.weight, std=token_std)

    @property
    def token_table(self) -> Tensor:
        """The token table, (rows, width)."""
        return self.token_embedding.weight

    def forward(self, token_ids: Tensor, token_embeds: Tensor | None = None) -> Tensor:
        """Encode texts as the outputs at their end-of-text tokens.

        Args:
            token_ids: Standard CLIP BPE ids, (T, L) int64 with L <= context_length. Each row holds
                the end-of-text token; what follows it does not change the result.
            token_embeds: The token table's rows of these ids, (T, L, width); None: looked up here.

        Returns:
            (T, width)
        """
        if token_embeds is None:
            token_embeds = self.token_embedding(self.table_rows(token_ids))  # T, L, C
        # Batches are cut to their longest text, often far below context_length.
        length = token_ids.shape[1]
        hidden = token_embeds + self.positional_embedding[:length]
        # The mask is causal, so a token does not see the padding behind it.
        hidden = self.transformer(hidden, attn_mask=self.attn_mask[:length, :length])
        end = token_ids.argmax(dim=1)  # T; end-of-text has the largest id
        # T, L, C -> T, C
        # Not len(), which would make the batch size a constant of an exported graph.
        rows = torch.arange(hidden.shape[0], device=hidden.device)
        return self.ln_final(hidden[rows, end])

    def table_rows(self, token_ids: Tensor) -> Tensor:
        """Map standard ids, (T, L), to rows of the token table, (T, L)."""
        if self.bpe_ids is None:
            return token_ids
        # Where an id is in the sorted vocabulary, or would be; ids behind the end are clamped.
        row = torch.searchsorted(self.bpe_ids, token_ids.contiguous()).clamp(
            max=len(self.bpe_ids) - 1
        )
        return torch.where(self.bpe_ids[row] == token_ids, row + 1, 0)


def _read_vocabulary(vocabulary: str | Sequence[int] | None) -> Tensor | None:
    """Return the ids of a vocabulary in ascending order, (ids,) int64; None: all of CLIP's."""
    if vocabulary is None:
        return None
    origin = f"vocabulary={str(vocabulary)[:80]!r}"  # a vocabulary may have thousands of ids
    if isinstance(vocabulary, str):
        if not is_file(vocabulary):
            raise FileNotFoundError(
                f"{origin}: no such file. tools/make_toy_data.py writes that of the toy world"
            )
        vocabulary = read_json(vocabulary)
    ids = sorted(set(vocabulary))
    if not ids or ids[-1] != END_OF_TEXT or ids[0] < 0:
        raise ValueError(
            f"{origin} must hold CLIP BPE ids in 0..{END_OF_TEXT}, with the end-of-text token "
            f"{END_OF_TEXT}; it holds {len(ids)} ids"
            + (f" from {ids[0]} to {ids[-1]}" if ids else "")
        )
    return torch.tensor(ids)
