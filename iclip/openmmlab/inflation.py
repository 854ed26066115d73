"""From an image Swin's weights to a video Swin's (arXiv:2106.13230, section 3.3).

A video of one repeated frame then gives the image model's maps at every time: the patch kernel's
copies share its weight, and a table that is the same for all distances in time tells frames apart
no more than softmax needs to average over equal ones.
"""

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor

PATCH_KERNEL = "patch_embed.proj.weight"
BIAS_TABLE = "relative_position_bias_table"


def inflate_swin(
    state_dict: Mapping[str, Tensor],
    tubelet: int,
    window: tuple[int, int, int],
    last_stage: int,
) -> dict[str, Tensor]:
    """Turn the weights of an image backbone into those of mmaction's ``SwinTransformer3D``.

    Args:
        state_dict: The image backbone's, with the names of :class:`iclip.models.SwinBackbone`.
        tubelet: Frames that one token of the first stage stands for.
        window: Frames' tokens, rows and columns of the video's attention windows.
        last_stage: Number of the stage whose map goes through the image model's last norm.

    Returns:
        New tensors where the shape changes, else those of ``state_dict``.
    """
    inflated = {}
    for name, tensor in state_dict.items():
        if name.endswith("relative_position_index"):
            continue  # a buffer, which follows from the window
        if name == PATCH_KERNEL:
            tensor = inflate_patch_kernel(tensor, tubelet)
        elif name.endswith(BIAS_TABLE):
            tensor = inflate_bias_table(tensor, window)
        inflated[_mmaction_name(name, last_stage)] = tensor
    return inflated


def inflate_patch_kernel(kernel: Tensor, tubelet: int) -> Tensor:
    """Repeat a patch kernel over time: (C, 3, P, P) to (C, 3, tubelet, P, P), summing to itself."""
    return kernel[:, :, None].repeat(1, 1, tubelet, 1, 1) / tubelet


def inflate_bias_table(table: Tensor, window: tuple[int, int, int]) -> Tensor:
    """Repeat a table of relative positions for every distance in time.

    Args:
        table: ((2 P - 1)**2, heads) of windows of P x P tokens.
        window: Frames' tokens, rows and columns of the video's windows; where P differs from rows
            or columns, the table is resized, bicubic.

    Returns:
        ((2 frames - 1)(2 rows - 1)(2 columns - 1), heads)
    """
    frames, *window_of_image = window
    sides = [2 * side - 1 for side in window_of_image]
    old_side = round(len(table) ** 0.5)
    if [old_side, old_side] != sides:
        image = table.T.reshape(1, -1, old_side, old_side)
        resized = F.interpolate(image.float(), sides, mode="bicubic", align_corners=False)
        table = resized.reshape(table.shape[1], -1).T.to(table.dtype)
    return table.repeat(2 * frames - 1, 1)


def _mmaction_name(name: str, last_stage: int) -> str:
    """There, merging belongs to the stage before it, and the last norm has a number."""
    part, _, rest = name.partition(".")
    if part == "norm":
        return f"norm{last_stage}.{rest}"
    if part == "layers" and ".downsample." in name:
        stage, _, rest = rest.partition(".")
        return f"layers.{int(stage) - 1}.{rest}"
    return name
