"""Which fused attention a GPU runs, said in operators that fake tensors know.

torch chooses a kernel by asking the driver for the GPU's generation. Ampere and its successors take
FlashAttention in half precision without a mask, and the memory-efficient kernel otherwise (a mask,
such as Swin's bias, or float32). Neither keeps the logits.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

# The memory-efficient kernel reads rows of a mask in steps of so many numbers.
_MASK_ALIGNMENT = 8


def fused_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Do what ``scaled_dot_product_attention`` does on a GPU of Ampere's or a later generation.

    Args:
        query: (..., heads, L, d)
        key: (..., heads, S, d)
        value: (..., heads, S, d)
        attn_mask: Added to the logits, or True where a key is seen; broadcast to (..., L, S).
        dropout_p: Share of the weights that are dropped.
        is_causal: Whether a query sees earlier keys only.
        scale: Factor of the logits.
        enable_gqa: Groups of heads with shared keys; no model here has them.

    Returns:
        (..., heads, L, d)
    """
    assert not enable_gqa
    query, key, value = (_as_autocast(tensor) for tensor in (query, key, value))
    if attn_mask is None and query.dtype != torch.float32:
        return torch.ops.aten._scaled_dot_product_flash_attention(
            query, key, value, dropout_p, is_causal, False, scale=scale
        )[0]
    needs_gradient = torch.is_grad_enabled() and any(
        tensor.requires_grad for tensor in (query, key, value)
    )
    mask = None if attn_mask is None else _prepared(attn_mask, query, key)
    return torch.ops.aten._scaled_dot_product_efficient_attention(
        query, key, value, mask, needs_gradient, dropout_p, is_causal, scale=scale
    )[0]


def _as_autocast(tensor: Tensor) -> Tensor:
    """Convert a tensor as autocast does before attention."""
    if torch.is_autocast_enabled("cuda"):
        return tensor.to(torch.get_autocast_dtype("cuda"))
    return tensor


def _prepared(mask: Tensor, query: Tensor, key: Tensor) -> Tensor:
    """Give a mask the type, the rows and the shape that the memory-efficient kernel takes."""
    if mask.dtype == torch.bool:
        mask = torch.zeros_like(mask, dtype=query.dtype).masked_fill(~mask, float("-inf"))
    mask = mask.to(query.dtype)
    # As torch does: rows are laid out longer, and seen in their own length.
    beyond = -mask.shape[-1] % _MASK_ALIGNMENT
    if beyond:
        mask = F.pad(mask, (0, beyond))[..., : mask.shape[-1]]
    return mask.expand(*query.shape[:-1], key.shape[-2])
