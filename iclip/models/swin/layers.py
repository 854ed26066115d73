"""Swin's layers, with timm's parameters and names and the original's windows at every map size.

timm computes window and shift for the size that a model is built for, and rolls a map before it
pads it: at other sizes, its blocks are another network with the same weights. So only the
parameters are timm's here, and the computation is the original's.

Shapes: B images, H x W tokens of a map, C channels.
"""

import math

import torch
from timm.layers import DropPath, Mlp
from timm.models.swin_transformer import PatchMerging
from timm.models.swin_transformer import WindowAttention as TimmWindowAttention
from torch import Tensor, nn

from iclip.models.swin.recompute import apply_with_recomputation
from iclip.models.swin.window_attention import attend_in_windows
from iclip.models.swin.windows import WindowGrid

# The largest block that glibc's malloc keeps for reuse. It returns larger ones to the system and
# asks for them again, page by page. For eight images of 224 pixels, an MLP's hidden layer in
# Swin-T's first stage has 37 MiB, and asking for it took longer than computing its GELU.
MAX_HEAP_BLOCK_BYTES = 32 * 2**20


class WindowAttention(TimmWindowAttention):
    """Multi-head attention inside windows, with a learned bias per relative position."""

    relative_position_index: Tensor

    # timm's ``forward`` takes windows instead of a map.
    def forward(self, tokens: Tensor, grid: WindowGrid) -> Tensor:  # type: ignore[override]
        """Let the tokens of each window attend to each other.

        Args:
            tokens: (B, H, W, C)
            grid: The windows on this map.

        Returns:
            (B, H, W, C)
        """
        return attend_in_windows(self, tokens, grid)


def apply_in_chunks(mlp: nn.Module, tokens: Tensor) -> Tensor:
    """Apply an MLP to each token; on a CPU, to a large map in chunks.

    Args:
        mlp: timm's or mmaction's, (..., C) to (..., C); ``fc1`` is its first layer.
        tokens: (..., C)

    Returns:
        (..., C)
    """
    hidden = tokens.numel() // tokens.shape[-1] * len(mlp.get_parameter("fc1.weight"))
    excess = hidden * tokens.element_size() / MAX_HEAP_BLOCK_BYTES
    if excess <= 1 or not tokens.is_cpu:
        return mlp(tokens)
    # ..., C -> chunks of (tokens, C), whose hidden layers have about an eighth of the limit.
    chunks = tokens.flatten(0, -2).chunk(8 * math.ceil(excess))
    return torch.cat([mlp(chunk) for chunk in chunks]).view_as(tokens)


class SwinBlock(nn.Module):
    """Window attention and MLP, each with a norm in front and a shortcut around it.

    Args:
        dim: Channels.
        num_heads: Attention heads.
        window_size: Side of the windows, in tokens.
        shifted: Whether the windows are shifted by half of their side.
        mlp_ratio: Hidden channels of the MLP as a multiple of ``dim``.
        drop_path: Probability that an image skips a branch in training.
    """

    def __init__(
        self,
        dim: int,
        num_heads: int,
        window_size: int,
        shifted: bool,
        mlp_ratio: float,
        drop_path: float,
    ) -> None:
        super().__init__()
        self.window_size = window_size
        self.shifted = shifted
        self.norm1 = nn.LayerNorm(dim)
        self.attn = WindowAttention(dim, num_heads, window_size=window_size)
        self.drop_path1 = DropPath(drop_path)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim, int(dim * mlp_ratio))
        self.drop_path2 = DropPath(drop_path)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (B, H, W, C) to the same shape."""
        # From the map at hand, so that images of any size fit.
        grid = WindowGrid.for_map(tokens.shape[1:3], (self.window_size,) * 2, self.shifted)
        tokens = tokens + self.drop_path1(self.attn(self.norm1(tokens), grid))
        return tokens + self.drop_path2(apply_in_chunks(self.mlp, self.norm2(tokens)))


class SwinStage(nn.Module):
    """The blocks of one resolution, and the merging of 2 x 2 tokens in front of them.

    Args:
        in_dim: Channels of the input; None for the first stage, which merges nothing.
        dim: Channels of the blocks.
        num_heads: Attention heads.
        window_size: Side of the windows, in tokens.
        mlp_ratio: Hidden channels of the MLPs as a multiple of ``dim``.
        drop_path: One probability per block; their number is the stage's depth.
        with_cp: What of the blocks is computed again in the backward pass and not kept; see
            :func:`~iclip.models.swin.recompute.apply_with_recomputation`.
    """

    def __init__(
        self,
        in_dim: int | None,
        dim: int,
        num_heads: int,
        window_size: int,
        mlp_ratio: float,
        drop_path: list[float],
        with_cp: bool | str,
    ) -> None:
        super().__init__()
        self.with_cp = with_cp
        self.downsample = nn.Identity() if in_dim is None else PatchMerging(in_dim, dim)
        self.blocks = nn.Sequential(
            *(
                # Every second block shifts its windows.
                SwinBlock(dim, num_heads, window_size, bool(i % 2), mlp_ratio, probability)
                for i, probability in enumerate(drop_path)
            )
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (B, H, W, in_dim) to (B, ceil(H / 2), ceil(W / 2), dim), or to (B, H, W, dim)."""
        tokens = self.downsample(tokens)
        for block in self.blocks:
            tokens = apply_with_recomputation(block, tokens, form=self.with_cp)
        return tokens
