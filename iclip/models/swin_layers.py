"""Swin's layers with timm's parameters and names, and the original's windows at every map size.

timm's own blocks settle window and shift for the size a model is built with, and roll a map before
they pad it: at other sizes they are another network. Only their forward passes are replaced here.

Shapes: B images, H x W tokens of a map, C channels, h heads, N tokens of a window.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from timm.layers import DropPath, Mlp
from timm.models.swin_transformer import PatchMerging
from timm.models.swin_transformer import WindowAttention as TimmWindowAttention
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from iclip.models.swin_windows import WindowGrid, border_kinds, border_masks

# glibc takes every allocation above this size from the system and clears it page by page, each time
# anew: for 8 images of 224 pixels that cost Swin-T's first MLP more time than its GELU.
FRESH_MEMORY_BYTES = 32 << 20


class WindowAttention(TimmWindowAttention):
    """Attention inside windows with a bias for each relative position."""

    def forward(self, tokens: Tensor, grid: WindowGrid) -> Tensor:
        """Attend within each window of a map.

        Args:
            tokens: (B, H, W, C)
            grid: The windows on it.

        Returns:
            (B, H, W, C)
        """
        qkv = self.qkv(grid.lay(tokens))
        q, k, v = self._split(qkv, grid)
        out = _attend(q, k, v, self.position_bias(grid, q.dtype))
        return grid.lift(self.proj(self._join(out, grid)))

    def _split(self, qkv: Tensor, grid: WindowGrid) -> tuple[Tensor, ...]:
        """Cut a map (B, H, W, 3C) into windows and heads: three of (B, windows * h, N, C / h)."""
        rows, columns = grid.counts
        height, width = grid.window
        batch = len(qkv)
        qkv = qkv.view(batch, rows, height, columns, width, 3, self.num_heads, -1)
        # 3, B, rows, columns, h, height, width, C / h
        qkv = qkv.permute(5, 0, 1, 3, 6, 2, 4, 7)
        return qkv.reshape(3, batch, rows * columns * self.num_heads, height * width, -1).unbind()

    def _join(self, out: Tensor, grid: WindowGrid) -> Tensor:
        """Undo :meth:`_split` for one tensor: (B, H, W, C)."""
        rows, columns = grid.counts
        height, width = grid.window
        out = out.view(len(out), rows, columns, self.num_heads, height, width, -1)
        out = out.permute(0, 1, 4, 2, 5, 3, 6)  # B, rows, height, columns, width, h, C / h
        return out.reshape(len(out), rows * height, columns * width, -1)

    def position_bias(self, grid: WindowGrid, dtype) -> Tensor:
        """Relative position bias of each window, with its mask: (1, windows * h, N, N)."""
        tokens = grid.window[0] * grid.window[1]
        index = self.relative_position_index
        if grid.window != self.window_size:
            index = index.view(*self.window_size, *self.window_size)
            height, width = grid.window
            index = index[:height, :width, :height, :width].flatten()
        bias = self.relative_position_bias_table[index.flatten()]
        bias = bias.view(tokens, tokens, -1).permute(2, 0, 1)
        if grid.is_shifted:
            bias = bias + border_masks(grid.window, grid.shift, bias.device)
            bias = bias[border_kinds(grid, bias.device)].flatten(0, 1)
        else:
            bias=bias.repeat(grid.counts[0]*grid.counts[1],1,1)
        return bias.to(dtype)[None]

def _attend(q, k, v, bias):
    if q.is_cpu and bias.requires_grad:
        b, h, n, d = q.shape
        logits = torch.baddbmm(q.new_empty(1,1,1), q.flatten(0,1), k.flatten(0,1).transpose(1, 2), beta=0, alpha=d ** -0.5)
        p = logits.view(b, h, n, n).add_(bias).softmax(-1)
        return torch.bmm(p.view(b*h, n, n), v.flatten(0,1)).view(b, h, n, d)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)


class SwinMlp(Mlp):
    def forward(self, tokens):
        hidden_bytes = tokens.numel() // tokens.shape[-1] * self.fc1.out_features * tokens.element_size()
        if tokens.is_cpu and hidden_bytes > FRESH_MEMORY_BYTES:
            flat = tokens.flatten(0, -2)
            pieces = -(-hidden_bytes // (FRESH_MEMORY_BYTES // 4))
            return torch.cat([super(SwinMlp, self).forward(piece) for piece in flat.chunk(pieces)]).view_as(tokens)
        return super().forward(tokens)


class SwinBlock(nn.Module):
    def __init__(self, dim, num_heads, window_size, shifted, mlp_ratio, drop_path):
        super().__init__()
        self.window_size = window_size
        self.shifted = shifted
        self.norm1 = nn.LayerNorm(dim)
        self.attn = WindowAttention(dim, num_heads, window_size=window_size)
        self.drop_path1 = DropPath(drop_path) if drop_path else nn.Identity()
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = SwinMlp(dim, int(dim * mlp_ratio))
        self.drop_path2 = DropPath(drop_path) if drop_path else nn.Identity()

    def forward(self, tokens: Tensor) -> Tensor:
        grid = WindowGrid.on_map(tokens.shape[1:3], self.window_size, self.shifted)
        tokens = tokens + self.drop_path1(self.attn(self.norm1(tokens), grid))
        return tokens + self.drop_path2(self.mlp(self.norm2(tokens)))


class SwinStage(nn.Module):
    def __init__(self, in_dim, dim, depth, num_heads, window_size, mlp_ratio, drop_path):
        super().__init__()
        self.downsample = PatchMerging(in_dim, dim) if in_dim else nn.Identity()
        self.blocks = nn.Sequential(*[SwinBlock(dim, num_heads, window_size, bool(i % 2), mlp_ratio, drop_path[i]) for i in range(depth)])

    def forward(self, tokens):
        return self.blocks(self.downsample(tokens))
