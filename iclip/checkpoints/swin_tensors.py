"""The tensors of a Swin that libraries and window sizes arrange differently."""

import re
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

Weights = Mapping[str, Tensor]

PATCH_KERNEL = "patch_embed.proj.weight"
BIAS_TABLE = "relative_position_bias_table"
POSITION_INDEX = "relative_position_index"
# Buffers that the original and timm store beside the weights; both follow from the sizes.
BUFFERS = (POSITION_INDEX, "attn_mask")

# The original stacks the tokens of a square column by column, (0, 0), (1, 0), (0, 1), (1, 1), each
# with all its channels. ``nn.Unfold`` goes row by row, and through all four for each channel. The
# order swaps two tokens, so the same indices undo it.
_ROW_BY_ROW = [0, 2, 1, 3]


def square_to_unfold(tensor: Tensor) -> Tensor:
    """Reorder the channels of four merged tokens, (..., 4 * C), as ``nn.Unfold`` has them."""
    tokens = tensor.unflatten(-1, (4, -1))[..., _ROW_BY_ROW, :]  # ..., 4 * C -> ..., 4, C
    return tokens.transpose(-1, -2).flatten(-2).contiguous()  # ..., 4, C -> ..., C * 4


def unfold_to_square(tensor: Tensor) -> Tensor:
    """Undo :func:`square_to_unfold`."""
    # ..., C * 4 -> ..., C, 4 -> ..., 4, C
    tokens = tensor.unflatten(-1, (-1, 4)).transpose(-1, -2)[..., _ROW_BY_ROW, :]
    return tokens.flatten(-2).contiguous()  # ..., 4 * C


def join_qkv(weights: Weights) -> dict[str, Tensor]:
    """Stack ``attn.q``, ``attn.k`` and ``attn.v`` as ``attn.qkv``, where all three are present."""
    joined = {}
    for name, tensor in weights.items():
        found = re.fullmatch(r"(.*\.attn\.)([qkv])\.(weight|bias)", name)
        parts = [f"{found[1]}{part}.{found[3]}" for part in "qkv"] if found else []
        if not found or not all(part in weights for part in parts):
            joined[name] = tensor
        elif found[2] == "q":
            # Three times (C, C) or (C,) -> (3 * C, C) or (3 * C,)
            joined[f"{found[1]}qkv.{found[3]}"] = torch.cat([weights[part] for part in parts])
    return joined


def fit_bias_tables(weights: Weights, side: int) -> dict[str, Tensor]:
    """Interpolate the tables of relative positions (bicubic) for windows of another size.

    Args:
        weights: Tensors by name. A table is ((2 P - 1)**2, heads) for windows of P x P tokens.
        side: 2 P - 1 for the new windows.
    """
    return {
        name: resized_table(tensor, (side, side)) if name.endswith(BIAS_TABLE) else tensor
        for name, tensor in weights.items()
    }


def resized_table(table: Tensor, sides: tuple[int, int]) -> Tensor:
    """Resize one table, ((2 P - 1)**2, heads) to (sides[0] * sides[1], heads).

    A video's table, whose number of rows is not a square, is returned as it is: loading then
    reports its shape.
    """
    old = round(len(table) ** 0.5)
    if (old, old) == sides or old * old != len(table):
        return table
    # old * old, heads -> 1, heads, old, old
    image = table.T.reshape(1, -1, old, old).float()
    resized = F.interpolate(image, sides, mode="bicubic", align_corners=False)
    # 1, heads, *sides -> sides[0] * sides[1], heads
    return resized.reshape(table.shape[1], -1).T.to(table.dtype).contiguous()
