"""Deformable convolution (arXiv:1703.06211) and its second version (arXiv:1811.11168).

Both are torchvision's, whose offsets have mmcv's order: (y, x) for each position of the kernel,
group by group. Of the sizes that mmcv passes by name, ``im2col_step`` does not change the result.
"""

import torch
from torch import Tensor

from iclip.openmmlab.ops.precision import as_float

# mmcv's names of the sizes in torchvision's order: stride, padding and dilation, height before
# width, then the groups of channels and the groups of offsets.
_SIZES_V1 = ("dH", "dW", "padH", "padW", "dilationH", "dilationW", "group", "deformable_group")
_SIZES_V2 = (
    *("stride_h", "stride_w", "pad_h", "pad_w", "dilation_h", "dilation_w"),
    *("group", "deformable_group"),
)


def deform_conv_forward(
    input: Tensor,
    weight: Tensor,
    offset: Tensor,
    output: Tensor,
    columns: Tensor,
    ones: Tensor,
    **sizes: int,
) -> None:
    """Fill ``output`` (B, C_out, H_out, W_out).

    Args:
        input: (B, C_in, H, W)
        weight: (C_out, C_in / group, kH, kW)
        offset: In pixels, (B, 2 * deformable_group * kH * kW, H_out, W_out).
        output: Receives the result.
        columns: mmcv's buffer, not used.
        ones: mmcv's buffer, not used.
        sizes: Stride, padding, dilation and groups.
    """
    output.copy_(_convolve((input, weight, offset, None, None), sizes, _SIZES_V1))


def deform_conv_backward_input(
    input: Tensor,
    offset: Tensor,
    grad_output: Tensor,
    grad_input: Tensor,
    grad_offset: Tensor,
    weight: Tensor,
    columns: Tensor,
    **sizes: int,
) -> None:
    """Fill ``grad_input`` and ``grad_offset``."""
    gradients = _gradients(grad_output, (input, weight, offset, None, None), sizes, _SIZES_V1)
    grad_input.copy_(gradients[0])
    grad_offset.copy_(gradients[2])


def deform_conv_backward_parameters(
    input: Tensor,
    offset: Tensor,
    grad_output: Tensor,
    grad_weight: Tensor,
    columns: Tensor,
    ones: Tensor,
    scale: float,
    **sizes: int,
) -> None:
    """Fill ``grad_weight`` with ``scale`` times the gradient."""
    weight = torch.zeros_like(grad_weight)  # its gradient does not depend on it
    gradients = _gradients(grad_output, (input, weight, offset, None, None), sizes, _SIZES_V1)
    grad_weight.copy_(gradients[1] * scale)


def modulated_deform_conv_forward(
    input: Tensor,
    weight: Tensor,
    bias: Tensor,
    ones: Tensor,
    offset: Tensor,
    mask: Tensor,
    output: Tensor,
    columns: Tensor,
    with_bias: bool,
    **sizes: int,
) -> None:
    """Fill ``output`` as :func:`deform_conv_forward` does, with a factor for each sampled point.

    The factors are ``mask`` (B, deformable_group * kernel_h * kernel_w, H_out, W_out); ``bias`` is
    (C_out,), or empty.
    """
    tensors = (input, weight, offset, mask, bias if with_bias else None)
    output.copy_(_convolve(tensors, sizes, _SIZES_V2))


def modulated_deform_conv_backward(
    input: Tensor,
    weight: Tensor,
    bias: Tensor,
    ones: Tensor,
    offset: Tensor,
    mask: Tensor,
    columns: Tensor,
    grad_input: Tensor,
    grad_weight: Tensor,
    grad_bias: Tensor,
    grad_offset: Tensor,
    grad_mask: Tensor,
    grad_output: Tensor,
    with_bias: bool,
    **sizes: int,
) -> None:
    """Fill the five gradients; the bias's only if there is a bias."""
    tensors = (input, weight, offset, mask, bias if with_bias else None)
    gradients = _gradients(grad_output, tensors, sizes, _SIZES_V2)
    places = (grad_input, grad_weight, grad_offset, grad_mask)
    for place, gradient in zip(places, gradients[:4], strict=True):
        place.copy_(gradient)
    if with_bias:
        grad_bias.copy_(gradients[4])


def _convolve(
    tensors: tuple[Tensor | None, ...], sizes: dict[str, int], names: tuple[str, ...]
) -> Tensor:
    """Convolve input, weight, offset, mask and bias; ``names`` are mmcv's names of the sizes."""
    return torch.ops.torchvision.deform_conv2d(*_arguments(tensors, sizes, names))


def _gradients(
    grad_output: Tensor,
    tensors: tuple[Tensor | None, ...],
    sizes: dict[str, int],
    names: tuple[str, ...],
) -> tuple[Tensor, ...]:
    """Compute the gradients of input, weight, offset, mask and bias, in this order."""
    arguments = _arguments(tensors, sizes, names)
    return torch.ops.torchvision._deform_conv2d_backward(as_float(grad_output), *arguments)


def _arguments(
    tensors: tuple[Tensor | None, ...], sizes: dict[str, int], names: tuple[str, ...]
) -> tuple[Tensor | int | bool, ...]:
    """Return torchvision's arguments, which have a mask and a bias even where there is none."""
    input, weight, offset, mask, bias = tensors
    assert input is not None and weight is not None and offset is not None
    # torchvision ignores this mask, because the last argument is then False; a zero bias adds
    # nothing.
    given_mask = input.new_ones(len(input), 1) if mask is None else mask
    given_bias = input.new_zeros(len(weight)) if bias is None else bias
    floats = (as_float(x) for x in (input, weight, offset, given_mask, given_bias))
    return (*floats, *(sizes[name] for name in names), mask is not None)
