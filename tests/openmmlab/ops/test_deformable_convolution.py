"""Deformable convolution against loops."""

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)
from tests.support.bilinear_points import zero_padded_value
from tests.support.random_tensors import random

from mmcv.ops import deform_conv2d, modulated_deform_conv2d  # isort: skip


def convolution_in_loops(
    maps: Tensor, offset: Tensor, weight: Tensor, mask: Tensor, stride: int, padding: int,
    groups: int, deform_groups: int,
) -> Tensor:  # fmt: skip
    """Deformable convolution, output by output."""
    out_channels, per_group, side, _ = weight.shape
    batch, channels = maps.shape[:2]
    rows, columns = offset.shape[2:]
    out = torch.zeros(batch, out_channels, rows, columns, dtype=maps.dtype)
    for b, o, r, c in torch.cartesian_prod(
        *(torch.arange(n) for n in (batch, out_channels, rows, columns))
    ).tolist():
        for k in range(per_group):
            channel = o // (out_channels // groups) * per_group + k
            deform = channel // (channels // deform_groups)
            for i in range(side):
                for j in range(side):
                    tap = (deform * side + i) * side + j
                    dy, dx = offset[b, 2 * tap, r, c], offset[b, 2 * tap + 1, r, c]
                    y, x = r * stride - padding + i + dy, c * stride - padding + j + dx
                    point = zero_padded_value(maps[b, channel], float(y), float(x))
                    out[b, o, r, c] += weight[o, k, i, j] * point * mask[b, tap, r, c]
    return out


CONVOLUTIONS = [(1, 1, 1, 1), (2, 1, 2, 2), (1, 0, 1, 2)]  # stride, padding, groups, deform groups


def convolution_inputs(stride: int, padding: int, groups: int, deform: int) -> list[Tensor]:
    maps, side = random(1, 4, 5, 4), 3
    rows, columns = ((n + 2 * padding - side) // stride + 1 for n in (5, 4))
    offset = random(1, 2 * deform * side**2, rows, columns, seed=1)
    return [maps, offset, random(2, 4 // groups, side, side, seed=2)]


@pytest.mark.parametrize("shape", CONVOLUTIONS)
def test_convolution_equals_loops(shape: tuple[int, int, int, int]):
    stride, padding, groups, deform = shape
    maps, offset, weight = convolution_inputs(*shape)
    output = deform_conv2d(maps, offset, weight, stride, padding, 1, groups, deform)
    ones = torch.ones_like(offset[:, ::2])
    expected = convolution_in_loops(maps, offset, weight, ones, *shape)
    torch.testing.assert_close(output, expected)


@pytest.mark.parametrize("shape", CONVOLUTIONS)
def test_gradient_of_convolution_is_the_derivative(shape: tuple[int, int, int, int]):
    stride, padding, groups, deform = shape
    inputs = [x.requires_grad_() for x in convolution_inputs(*shape)]
    assert gradcheck(
        lambda m, o, w: deform_conv2d(m, o, w, stride, padding, 1, groups, deform), inputs
    )


@pytest.mark.parametrize("shape", CONVOLUTIONS)
@pytest.mark.parametrize("with_bias", [True, False])
def test_modulated_convolution_equals_loops(shape: tuple[int, int, int, int], with_bias: bool):
    stride, padding, groups, deform = shape
    maps, offset, weight = convolution_inputs(*shape)
    mask, bias = random(*offset[:, ::2].shape, seed=3), random(2, seed=4) if with_bias else None
    output = modulated_deform_conv2d(
        maps, offset, mask, weight, bias, stride, padding, 1, groups, deform
    )
    expected = convolution_in_loops(maps, offset, weight, mask, *shape)
    if bias is not None:
        expected = expected + bias[:, None, None]
    torch.testing.assert_close(output, expected)


@pytest.mark.parametrize("with_bias", [True, False])
def test_gradient_of_modulated_convolution_is_the_derivative(with_bias: bool):
    maps, offset, weight = convolution_inputs(1, 1, 1, 1)
    inputs = [maps, offset, random(*offset[:, ::2].shape, seed=3), weight]
    inputs += [random(2, seed=4)] if with_bias else []
    call = (lambda *x: modulated_deform_conv2d(*x, 1, 1)) if with_bias else (
        lambda *x: modulated_deform_conv2d(*x, None, 1, 1)
    )  # fmt: skip
    assert gradcheck(call, [x.requires_grad_() for x in inputs])


def test_dilation_spreads_the_kernel():
    maps, weight = random(1, 2, 7, 7), random(3, 2, 3, 3, seed=1)
    offset = torch.zeros(1, 18, 3, 3, dtype=torch.float64)
    output = deform_conv2d(maps, offset, weight, 1, 0, 2)
    torch.testing.assert_close(output, torch.nn.functional.conv2d(maps, weight, dilation=2))


def test_convolution_takes_bfloat16():
    inputs = [x.bfloat16() for x in convolution_inputs(1, 1, 1, 1)]
    output = deform_conv2d(*inputs, 1, 1)
    expected = deform_conv2d(*(x.float() for x in inputs), 1, 1)
    torch.testing.assert_close(output, expected.bfloat16())
