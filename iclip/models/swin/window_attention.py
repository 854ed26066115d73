"""Attention inside the windows of a map, for images and video.

Shapes: B maps, G windows of all maps, K kinds of window, N tokens per window, C channels, d
channels per head. ``*size`` is (H, W) or (T, H, W).
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from iclip.models.swin.windows import WindowGrid

# Bytes of logits that a CPU computes at a time. 1 to 8 MiB take the same time on one thread; with
# other work on the CPU, smaller chunks are slower, because the threads wait for each other.
LOGIT_CHUNK_BYTES = 8 * 2**20


class AttentionParameters(Protocol):
    """The parameters that timm's and mmaction's window attention have in common."""

    num_heads: int
    relative_position_bias_table: nn.Parameter
    relative_position_index: Tensor
    qkv: nn.Linear
    proj: nn.Linear

    @property
    def window_size(self) -> Sequence[int]:
        """Sides of the windows in tokens, as configured."""


def attend_in_windows(parameters: AttentionParameters, tokens: Tensor, grid: WindowGrid) -> Tensor:
    """Let the tokens of each window attend to each other.

    Args:
        parameters: Projections and the table of relative positions.
        tokens: (B, *size, C)
        grid: The windows on this map.

    Returns:
        (B, *size, C)
    """
    # Padding tokens are zero, so their queries, keys and values are the biases, as in the original.
    qkv = grid.to_windows(parameters.qkv(grid.pad_and_roll(tokens)), parameters.num_heads)
    bias = position_bias(parameters, grid)  # heads, N, N
    out = attend(qkv, bias, *grid.masks(tokens.device))  # G, heads, N, d
    return grid.undo_pad_and_roll(parameters.proj(grid.from_windows(out)))


def position_bias(parameters: AttentionParameters, grid: WindowGrid) -> Tensor:
    """Look up the bias of the attention logits for each pair of positions in a window.

    A window smaller than the configured one uses the entries of the offsets that occur in it.
    (Video Swin's code takes the first N rows and columns of the index instead: those are the right
    offsets only for windows of the configured height and width.)

    Args:
        parameters: Hold the table, (offsets, heads), and the index of each pair's offset in it.
        grid: The windows on this map, N tokens each.

    Returns:
        (heads, N, N)
    """
    # P * P, P * P -> P, P, P, P for windows of P x P tokens: row and column of both tokens.
    index = parameters.relative_position_index.view(
        *parameters.window_size, *parameters.window_size
    )
    index = index[tuple(slice(side) for side in grid.window * 2)]  # *window, *window
    num_tokens = math.prod(grid.window)
    bias = parameters.relative_position_bias_table[index.flatten()]  # N * N, heads
    # N * N, heads -> heads, N, N
    return bias.view(num_tokens, num_tokens, -1).permute(2, 0, 1).contiguous()


def attend(qkv: Tensor, bias: Tensor, masks: Tensor | None, kinds: Tensor | None) -> Tensor:
    """Softmax attention with a bias, and with masks where windows are shifted.

    Args:
        qkv: Queries, keys and values, (3, G, heads, N, d).
        bias: Added to the scaled logits, (heads, N, N).
        masks: Also added, (K, N, N), one per kind of window; None: nothing is masked.
        kinds: The kind of each window of one map, (G / B,) int64.

    Returns:
        (G, heads, N, d)
    """
    bias = bias.to(qkv.dtype)
    masks = None if masks is None else masks.to(qkv.dtype)
    # An exported graph serves batches of any size: no loop over this one's windows.
    if qkv.is_cpu and not torch.compiler.is_exporting():
        return _AttendInChunks.apply(qkv, bias, masks, kinds)
    q, k, v = qkv
    if masks is not None and kinds is not None:
        # The windows of a map become heads: one bias, (windows * heads, N, N), serves all maps.
        bias = (bias + masks[kinds, None]).flatten(0, 1)
        # G, heads, N, d -> B, windows * heads, N, d
        q, k, v = (part.reshape(-1, *bias.shape[:2], part.shape[-1]) for part in qkv)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias).reshape(qkv.shape[1:])


class _AttendInChunks(torch.autograd.Function):
    """Attention over some windows at a time; the backward pass computes the weights again.

    On a CPU, PyTorch has no fused attention with a gradient for the bias. The plain form writes
    several arrays of G * heads * N * N numbers to memory and keeps one of them for the backward
    pass; here, each chunk fits in the cache and is freed before the next.
    """

    @staticmethod
    def forward(
        ctx: Any, qkv: Tensor, bias: Tensor, masks: Tensor | None, kinds: Tensor | None
    ) -> Tensor:
        out = torch.empty_like(qkv[0])
        for chunk, weights in _attention_weights(qkv, bias, masks, kinds):
            out[chunk] = weights @ qkv[2, chunk]  # chunk, heads, N, d
        ctx.save_for_backward(qkv, bias, masks, kinds, out)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        qkv, bias, masks, kinds, out = ctx.saved_tensors
        grad_qkv, grad_bias = torch.empty_like(qkv), torch.zeros_like(bias)
        scale = qkv.shape[-1] ** -0.5
        for chunk, weights in _attention_weights(qkv, bias, masks, kinds):
            (q, k, v), grad_out = qkv[:, chunk], grad[chunk]  # each chunk, heads, N, d
            # Softmax's gradient is weights * (gradient - mean), where the mean of the gradients
            # under the weights is also the output's product with its own gradient.
            mean = (grad_out * out[chunk]).sum(dim=-1, keepdim=True)
            grad_logits = (grad_out @ v.mT).sub_(mean).mul_(weights)  # chunk, heads, N, N
            grad_bias += grad_logits.sum(dim=0)
            grad_qkv[0, chunk] = (grad_logits @ k).mul_(scale)
            grad_qkv[1, chunk] = (grad_logits.mT @ q).mul_(scale)
            grad_qkv[2, chunk] = weights.mT @ grad_out
        return grad_qkv, grad_bias, None, None


def _attention_weights(
    qkv: Tensor, bias: Tensor, masks: Tensor | None, kinds: Tensor | None
) -> Iterator[tuple[slice, Tensor]]:
    """Yield chunks of windows: their slice of the G, and their weights (chunk, heads, N, N)."""
    step = max(1, LOGIT_CHUNK_BYTES // (bias.numel() * bias.element_size()))
    if kinds is not None:  # those of one map, for all maps
        kinds = kinds.repeat(qkv.shape[1] // len(kinds))
    for start in range(0, qkv.shape[1], step):
        chunk = slice(start, start + step)
        logits = (qkv[0, chunk] * qkv.shape[-1] ** -0.5) @ qkv[1, chunk].mT
        logits += bias
        if masks is not None and kinds is not None:
            logits += masks[kinds[chunk], None]
        yield chunk, logits.softmax(dim=-1)
