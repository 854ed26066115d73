"""Texts without their padding, for those of open_clip's text towers on which padding has no effect.

open_clip's models take rows of the whole context. Where a tower is causal and reads its embedding
off a token of the text, or masks the padding, what stands behind the longest text of a batch only
costs time: a name in a template has some 10 of 77 tokens.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from open_clip import CLIP, CustomTextCLIP
from open_clip.hf_model import ClsLastHiddenStatePooler, ClsPooler, HFTextEncoder, MeanPooler
from open_clip.transformer import TextTransformer
from torch import Tensor, nn
from torch.func import functional_call

# The token that a tower reads its embedding off, by open_clip's names: the end of the text (the
# largest id or a certain one) or its start; not the last one of the row.
_POOLED_IN_TEXT = ("argmax", "eos", "first")
_MASKED_POOLERS = (MeanPooler, ClsPooler, ClsLastHiddenStatePooler)
# transformers' encoders whose every layer masks the padding, by `model_type`.
_MASKED_TOWERS = ("bert", "roberta", "xlm-roberta")


def encoder_of_short_texts(network: nn.Module, pad_id: int) -> Callable[[Tensor], Tensor] | None:
    """Return a function that encodes token ids of any width.

    Args:
        network: A model with ``encode_text``.
        pad_id: What fills a row behind its text.

    Returns:
        From ids (T, L), with L at least the longest text, to what ``network.encode_text`` makes of
        them in full width. None if the network is not open_clip's, or may read the padding: CoCa's
        class token (whose mask in the published weights is shifted), SigLIP's towers, which read
        the last token of the row, and towers of other kinds.
    """
    if type(network) is CLIP:
        if network.attn_mask is not None and network.text_pool_type in _POOLED_IN_TEXT:
            return partial(_encode_cut, network, "")
    elif type(network) is CustomTextCLIP:
        tower = network.text
        if isinstance(tower, HFTextEncoder):
            encode: Any = network.encode_text
            return encode if _masks_padding(tower, pad_id) else None
        if type(tower) is TextTransformer and _is_causal(tower):
            return partial(_encode_cut, network, "text")
    return None


def _is_causal(tower: TextTransformer) -> bool:
    pooled_in_text = tower.cls_emb is None and tower.pool_type in _POOLED_IN_TEXT
    return pooled_in_text and tower.attn_mask is not None


def _masks_padding(tower: HFTextEncoder, pad_id: int) -> bool:
    config = tower.config
    if config.model_type not in _MASKED_TOWERS or type(tower.pooler) not in _MASKED_POOLERS:
        return False
    return config.pad_token_id == pad_id


class _Texts(nn.Module):
    """A network that is called for its texts, as `functional_call` calls a module.

    Args:
        network: The network.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor) -> Tensor:
        """Encode token ids."""
        return self.network.encode_text(ids)  # type: ignore[operator]


def _encode_cut(network: nn.Module, tower: str, ids: Tensor) -> Tensor:
    """Encode token ids (T, L) with position embeddings and causal mask cut to L.

    Args:
        network: The network.
        tower: Name in it of the module that holds these two; empty for itself.
        ids: At most as wide as the context.
    """
    width = ids.shape[1]
    holder: Any = network.get_submodule(tower)
    prefix = f"network.{tower}." if tower else "network."
    cut = {
        f"{prefix}positional_embedding": holder.positional_embedding[:width],
        f"{prefix}attn_mask": holder.attn_mask[:width, :width],
    }
    return functional_call(_Texts(network), cut, (ids,))
