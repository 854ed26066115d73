"""One Swin backbone, three layouts of its weights: pure maps of names, and of the merging's order.

``iclip`` has timm's names. ``official`` is the original repository's (and mmaction's), where the
merging of tokens belongs to the stage before it. ``openmmlab`` is mmdet's and mmseg's: its merging
also takes the four tokens of a square in another order, channel by channel.
"""

import re
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

Weights = Mapping[str, Tensor]

# What the original and timm store beside the backbone's weights; each follows from the sizes.
BUFFERS = ("relative_position_index", "attn_mask")

PATCH_KERNEL = "patch_embed.proj.weight"
BIAS_TABLE = "relative_position_bias_table"

_OPENMMLAB = (
    ("patch_embed.proj.", "patch_embed.projection."),
    (".attn.", ".attn.w_msa."),
    (".mlp.fc1.", ".ffn.layers.0.0."),
    (".mlp.fc2.", ".ffn.layers.1."),
)


def iclip_to_official(weights: Weights) -> dict[str, Tensor]:
    """Rename to the original's names."""
    return {_move_merging(name, -1): tensor for name, tensor in weights.items()}


def official_to_iclip(weights: Weights) -> dict[str, Tensor]:
    """Rename from the original's names, without its buffers."""
    return {
        _move_merging(name, +1): tensor
        for name, tensor in weights.items()
        if not name.endswith(BUFFERS)
    }


def iclip_to_openmmlab(weights: Weights) -> dict[str, Tensor]:
    """Rename and reorder for mmdet's and mmseg's ``SwinTransformer``.

    The norm of pre-training becomes that of the last stage's map.
    """
    last = max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))
    mapped = {}
    for name, tensor in iclip_to_official(weights).items():
        tensor = _square_to_unfold(tensor) if ".downsample." in name else tensor
        for ours, theirs in _OPENMMLAB:
            name = name.replace(ours, theirs)
        name = re.sub(r"^layers\.", "stages.", name)
        mapped[re.sub(r"^norm\.", f"norm{last}.", name)] = tensor
    return mapped


def openmmlab_to_iclip(weights: Weights) -> dict[str, Tensor]:
    """Rename and reorder from mmdet's and mmseg's; only the last stage's norm has a place."""
    last = max(int(name.split(".")[1]) for name in weights if name.startswith("stages."))
    mapped = {}
    for name, tensor in weights.items():
        if name.endswith(BUFFERS):
            continue
        tensor = _unfold_to_square(tensor) if ".downsample." in name else tensor
        for ours, theirs in _OPENMMLAB:
            name = name.replace(theirs, ours)
        name = re.sub(r"^stages\.", "layers.", name)
        mapped[_move_merging(re.sub(rf"^norm{last}\.", "norm.", name), +1)] = tensor
    return mapped


def fit_bias_tables(weights: Weights, side: int) -> dict[str, Tensor]:
    """Resize the tables of relative positions for windows of another size, bicubic.

    Args:
        weights: Tables are ((2 P - 1)**2, heads) for windows of P x P tokens.
        side: 2 P - 1 of the windows to come.
    """
    return {
        name: resized_table(tensor, (side, side)) if name.endswith(BIAS_TABLE) else tensor
        for name, tensor in weights.items()
    }


def resized_table(table: Tensor, sides: tuple[int, int]) -> Tensor:
    """Resize one table ((2 P - 1)**2, heads) to (sides[0] * sides[1], heads)."""
    old = round(len(table) ** 0.5)
    if (old, old) == sides or old * old != len(table):  # a video's, whose shape then differs
        return table
    image = table.T.reshape(1, -1, old, old).float()
    resized = F.interpolate(image, sides, mode="bicubic", align_corners=False)
    return resized.reshape(table.shape[1], -1).T.to(table.dtype).contiguous()


def _move_merging(name: str, stages: int) -> str:
    """Give the merging of tokens to a stage before or after."""
    return re.sub(
        r"^layers\.(\d+)\.downsample\.",
        lambda match: f"layers.{int(match[1]) + stages}.downsample.",
        name,
    )


# The original stacks the tokens of a square column by column, (0, 0), (1, 0), (0, 1), (1, 1), each
# with all its channels. ``nn.Unfold`` goes row by row, and through all four for each channel.
_ROW_BY_ROW = [0, 2, 1, 3]


def _square_to_unfold(tensor: Tensor) -> Tensor:
    """Reorder the last dimension, of 4 C entries."""
    tokens = tensor.unflatten(-1, (4, -1))[..., _ROW_BY_ROW, :]
    return tokens.transpose(-1, -2).flatten(-2).contiguous()


def _unfold_to_square(tensor: Tensor) -> Tensor:
    """Undo :func:`_square_to_unfold`."""
    tokens = tensor.unflatten(-1, (-1, 4)).transpose(-1, -2)[..., _ROW_BY_ROW, :]
    return torch.flatten(tokens, -2).contiguous()
