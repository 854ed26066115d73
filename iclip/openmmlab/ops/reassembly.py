"""CARAFE: upsampling with kernels that the network predicts (arXiv:1905.02188)."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from iclip.openmmlab.ops.precision import as_float, recomputed_gradients


def carafe_forward(
    features: Tensor,
    masks: Tensor,
    rfeatures: Tensor,
    routput: Tensor,
    rmasks: Tensor,
    output: Tensor,
    kernel_size: int,
    group_size: int,
    scale_factor: int,
) -> None:
    """Fill ``output`` (B, C, H * scale_factor, W * scale_factor).

    Args:
        features: (B, C, H, W)
        masks: One kernel per pixel of the output and group of channels,
            (B, group_size * kernel_size**2, H * scale_factor, W * scale_factor).
        rfeatures: Receives the features, (B, C, H, W), which mmcv passes to the backward function.
        routput: mmcv's buffer, not used.
        rmasks: mmcv's buffer, not used.
        output: Receives the result.
        kernel_size: Side of the kernels, odd.
        group_size: Number of groups of channels.
        scale_factor: Pixels of the output per pixel of the input, in height and width.
    """
    rfeatures.copy_(features)
    output.copy_(_reassemble(as_float(features), as_float(masks), kernel_size, scale_factor))


def carafe_backward(
    grad_output: Tensor,
    rfeatures: Tensor,
    masks: Tensor,
    rgrad_output: Tensor,
    rgrad_input_hs: Tensor,
    rgrad_input: Tensor,
    rgrad_masks: Tensor,
    grad_input: Tensor,
    grad_masks: Tensor,
    kernel_size: int,
    group_size: int,
    scale_factor: int,
) -> None:
    """Fill ``grad_input`` and ``grad_masks``; arguments with ``rgrad`` are mmcv's buffers."""
    by_input, by_masks = recomputed_gradients(
        lambda features, kernels: _reassemble(features, kernels, kernel_size, scale_factor),
        (rfeatures, masks),
        grad_output,
    )
    grad_input.copy_(by_input)
    grad_masks.copy_(by_masks)


def _reassemble(features: Tensor, masks: Tensor, kernel_size: int, scale: int) -> Tensor:
    """Compute each pixel of the output from the pixels around its place in the input."""
    batch, channels, height, width = features.shape
    groups = masks.shape[1] // kernel_size**2
    radius = (kernel_size - 1) // 2
    padded = pad(features, [radius] * 4).unflatten(1, (groups, -1))  # B, G, C/G, H+2r, W+2r
    # The kernels' last four axes, as the output's: H, scale, W, scale.
    kernels = masks.view(batch, groups, kernel_size, kernel_size, height, scale, width, scale)
    output = features.new_zeros(batch, groups, channels // groups, height, scale, width, scale)
    # One position of the kernels at a time: all at once would take kernel_size**2 times the memory.
    for i in range(kernel_size):
        for j in range(kernel_size):
            # B, G, C/G, H, 1, W, 1
            moved = padded[..., i : i + height, None, j : j + width, None]
            output = torch.addcmul(output, moved, kernels[:, :, None, i, j])
    return output.reshape(batch, channels, height * scale, width * scale)
