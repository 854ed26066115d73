"""A stage of mmaction's Video Swin that computes its attention as the image backbone does."""

from mmaction.models.backbones.swin import BasicLayer, SwinTransformerBlock3D
from mmengine.model import BaseModule
from torch import Tensor

from iclip.models.swin.layers import apply_in_chunks
from iclip.models.swin.recompute import apply_with_recomputation
from iclip.models.swin.window_attention import attend_in_windows
from iclip.models.swin.windows import WindowGrid


class VideoSwinStage(BaseModule):
    """The blocks of one stage and the merging after them, with mmaction's modules and names.

    It differs from mmaction in two ways. Where a map is smaller than a window in height or width
    alone, each offset between tokens reads its own entry of the table of relative positions;
    mmaction takes the first rows of its index, which belong to other offsets. And it does not build
    a mask of all windows.

    Args:
        stage: A stage that mmaction built.
    """

    def __init__(self, stage: BasicLayer) -> None:
        super().__init__()
        self.blocks = stage.blocks
        self.downsample = stage.downsample
        self.with_cp = stage.with_cp

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the stage's map, (B, T, H, W, C) as the tokens, and the next stage's input."""
        for number, block in enumerate(self.blocks):
            # Every second block shifts its windows by half a window.
            grid = WindowGrid.for_map(tokens.shape[1:4], block.window_size, bool(number % 2))
            tokens = apply_with_recomputation(_run_block, block, tokens, grid, form=self.with_cp)
        return tokens, tokens if self.downsample is None else self.downsample(tokens)


def _run_block(block: SwinTransformerBlock3D, tokens: Tensor, grid: WindowGrid) -> Tensor:
    """Apply a block to tokens (B, T, H, W, C): windowed attention, then the MLP."""
    attended = attend_in_windows(block.attn, block.norm1(tokens), grid)
    tokens = tokens + block.drop_path(block.attn.proj_drop(attended))
    return tokens + block.drop_path(apply_in_chunks(block.mlp, block.norm2(tokens)))
