"""A stage of mmaction's Video Swin, with the image backbone's way through its blocks."""

import torch
from mmaction.models.backbones.swin import BasicLayer, SwinTransformerBlock3D
from mmengine.model import BaseModule
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from iclip.models.swin.layers import apply_in_chunks
from iclip.models.swin.window_attention import attend_in_windows
from iclip.models.swin.windows import WindowGrid


class VideoSwinStage(BaseModule):
    """The blocks of one stage and the merging behind them, mmaction's in modules and names.

    What is computed is the same as in mmaction but for two things. Where a map is smaller than a
    window in rows or columns alone, the offsets between its tokens find their own entries of the
    table of relative positions; mmaction takes the first rows of its index, which are others. And
    no mask of all windows is built or kept.

    Args:
        stage: As mmaction built it.
    """

    def __init__(self, stage: BasicLayer) -> None:
        super().__init__()
        self.blocks = stage.blocks
        self.downsample = stage.downsample
        self.with_cp = stage.with_cp

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, H, W, C) to the stage's map, of the same shape, and the next stage's input."""
        for number, block in enumerate(self.blocks):
            grid = WindowGrid.for_map(tokens.shape[1:4], block.window_size, bool(number % 2))
            if self.with_cp and torch.is_grad_enabled():
                tokens = checkpoint(_through, block, tokens, grid, use_reentrant=False)
            else:
                tokens = _through(block, tokens, grid)
        return tokens, tokens if self.downsample is None else self.downsample(tokens)


def _through(block: SwinTransformerBlock3D, tokens: Tensor, grid: WindowGrid) -> Tensor:
    attended = attend_in_windows(block.attn, block.norm1(tokens), grid)
    tokens = tokens + block.drop_path(block.attn.proj_drop(attended))
    return tokens + block.drop_path(apply_in_chunks(block.mlp, block.norm2(tokens)))
