"""Turn an image Swin's weights into a video Swin's (arXiv:2106.13230, section 3.3).

A video of one repeated frame then gives the image model's maps at every time: the copies of the
patch kernel sum to the kernel, and the table of relative positions is constant over time, so
softmax averages identical frames and the output is unchanged.
"""

from collections.abc import Mapping

from torch import Tensor

from iclip.checkpoints.swin_layouts import to_layout
from iclip.checkpoints.swin_tensors import BIAS_TABLE, BUFFERS, PATCH_KERNEL, resized_table


def inflate_swin(
    state_dict: Mapping[str, Tensor],
    tubelet: int,
    window: tuple[int, int, int],
) -> dict[str, Tensor]:
    """Turn the weights of an image backbone into those of mmaction's ``SwinTransformer3D``.

    Args:
        state_dict: Weights of an image backbone, with the names of
            :class:`iclip.models.SwinBackbone`; weights of a video backbone are only renamed.
        tubelet: Number of frames per token of the first stage.
        window: Tokens of an attention window in time, height and width.

    Returns:
        New tensors where the shape changes, else those of ``state_dict``.
    """
    inflated = {}
    is_video = PATCH_KERNEL in state_dict and state_dict[PATCH_KERNEL].dim() == 5
    for name, tensor in to_layout(state_dict, "mmaction").items():
        if name.endswith(BUFFERS):  # they follow from the window's size
            continue
        if name == PATCH_KERNEL and not is_video:
            tensor = inflate_patch_kernel(tensor, tubelet)
        elif name.endswith(BIAS_TABLE) and not is_video:
            tensor = inflate_bias_table(tensor, window)
        inflated[name] = tensor
    return inflated


def inflate_patch_kernel(kernel: Tensor, tubelet: int) -> Tensor:
    """Repeat a patch kernel over time: (C, 3, P, P) to (C, 3, tubelet, P, P), with the same sum."""
    return kernel[:, :, None].repeat(1, 1, tubelet, 1, 1) / tubelet


def inflate_bias_table(table: Tensor, window: tuple[int, int, int]) -> Tensor:
    """Repeat a table of relative positions for every distance in time.

    Args:
        table: Table of windows of P x P tokens, ((2 P - 1)**2, heads).
        window: Tokens of a video's window in time, height and width. If height or width differs
            from P, the table is resized by bicubic interpolation.

    Returns:
        ((2 frames - 1)(2 rows - 1)(2 columns - 1), heads)
    """
    # mmaction's table runs through time slowest, so each repetition is one distance in time.
    frames, rows, columns = window
    return resized_table(table, (2 * rows - 1, 2 * columns - 1)).repeat(2 * frames - 1, 1)
