"""Deformable attention, convolution and RoI pooling against mmcv's Python, or loops."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)
from tests.openmmlab.bilinear_point import border_value, zero_padded_value

from mmcv.ops import deform_conv2d, deform_roi_pool, modulated_deform_conv2d  # isort: skip
from mmcv.ops.multi_scale_deform_attn import (  # isort: skip
    MultiScaleDeformableAttnFunction,
    multi_scale_deformable_attn_pytorch,
)

SHAPES = torch.tensor([[5, 4], [3, 2]])
STARTS = torch.tensor([0, 20])


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def attention_inputs(batch: int = 2, queries: int = 3) -> list[Tensor]:
    """Maps of two levels, points of which some are outside, and weights."""
    heads, channels, points = 2, 3, 4
    value = random(batch, 26, heads, channels)
    locations = random(batch, queries, heads, 2, points, 2, seed=1) * 0.5 + 0.5
    weights = random(batch, queries, heads, 2, points, seed=2).softmax(-1)
    return [value, locations, weights]


def attend(value: Tensor, locations: Tensor, weights: Tensor) -> Tensor:
    """As MultiScaleDeformableAttention calls it for CUDA tensors."""
    return MultiScaleDeformableAttnFunction.apply(value, SHAPES, STARTS, locations, weights, 64)


def attend_in_python(value: Tensor, locations: Tensor, weights: Tensor) -> Tensor:
    """As it calls it on a CPU."""
    return multi_scale_deformable_attn_pytorch(value, SHAPES, locations, weights)


def value_and_gradients(function: Callable[..., Tensor], inputs: list[Tensor]) -> list[Tensor]:
    leaves = [x.clone().requires_grad_() for x in inputs]
    output = function(*leaves)
    share = random(*output.shape, seed=9).to(output.dtype)
    return [output.detach(), *torch.autograd.grad(output, leaves, share)]


def test_attention_equals_the_python_version():
    inputs = attention_inputs()
    location = inputs[1]
    assert 0 < ((location < 0) | (location > 1)).double().mean() < 0.9
    ours, theirs = (value_and_gradients(f, inputs) for f in (attend, attend_in_python))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-13)


def test_gradient_of_attention_is_the_derivative():
    assert gradcheck(attend, [x.requires_grad_() for x in attention_inputs(1, 2)])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_attention_in_half_precision_rounds_the_result_only(dtype: torch.dtype):
    inputs = [x.to(dtype) for x in attention_inputs()]
    output = attend(*inputs)
    assert output.dtype == dtype
    expected = attend_in_python(*(x.float() for x in inputs))
    torch.testing.assert_close(output, expected.to(dtype), rtol=torch.finfo(dtype).eps, atol=1e-6)


@pytest.mark.parametrize(("batch", "queries"), [(0, 3), (2, 0)])
def test_attention_of_nothing_is_empty(batch: int, queries: int):
    output, *gradients = value_and_gradients(attend, attention_inputs(batch, queries))
    assert output.shape == (batch, queries, 6)
    assert not any(gradient.any() for gradient in gradients)


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


ROIS = torch.tensor([[0, 1.0, 2.0, 13.0, 17.0], [1, -3.0, 0.0, 9.0, 12.0]], dtype=torch.float64)
GAMMA = 0.1


def pooling_in_loops(maps: Tensor, offset: Tensor, ratio: int) -> Tensor:
    """Deformable RoI pooling to 2 x 2 bins at half scale, point by point."""
    out = torch.zeros(len(ROIS), maps.shape[1], 2, 2, dtype=maps.dtype)
    for k, (image, *box) in enumerate(ROIS.tolist()):
        x1, y1, x2, y2 = (corner * 0.5 - 0.5 for corner in box)
        rows, columns = (y2 - y1) / 2, (x2 - x1) / 2
        ny, nx = (ratio, ratio) if ratio else (math.ceil(rows), math.ceil(columns))
        for c in range(maps.shape[1]):
            for i in range(2):
                for j in range(2):
                    left = x1 + GAMMA * (x2 - x1) * float(offset[k, 0, i, j])
                    top = y1 + GAMMA * (y2 - y1) * float(offset[k, 1, i, j])
                    points = [
                        border_value(
                            maps[int(image), c],
                            top + rows * (i + (iy + 0.5) / ny),
                            left + columns * (j + (ix + 0.5) / nx),
                        )
                        for iy in range(ny)
                        for ix in range(nx)
                    ]
                    out[k, c, i, j] = sum(points) / len(points)
    return out


@pytest.mark.parametrize("ratio", [0, 2])
@pytest.mark.parametrize("moved", [True, False])
def test_roi_pooling_equals_loops(ratio: int, moved: bool):
    maps, offset = random(2, 2, 9, 8), random(2, 2, 2, 2, seed=1) * moved
    output = deform_roi_pool(maps, ROIS, offset if moved else None, (2, 2), 0.5, ratio, GAMMA)
    torch.testing.assert_close(output, pooling_in_loops(maps, offset, ratio))


@pytest.mark.parametrize("ratio", [0, 2])
def test_gradient_of_roi_pooling_is_the_derivative(ratio: int):
    inputs = [random(2, 2, 9, 8).requires_grad_(), random(2, 2, 2, 2, seed=1).requires_grad_()]
    assert gradcheck(lambda m, o: deform_roi_pool(m, ROIS, o, (2, 2), 0.5, ratio, GAMMA), inputs)


def test_roi_pooling_without_offsets_has_a_gradient():
    maps = random(2, 2, 9, 8).requires_grad_()
    assert gradcheck(lambda m: deform_roi_pool(m, ROIS, None, (2, 2), 0.5, 0, GAMMA), maps)


def test_no_rois_pool_nothing():
    maps = random(2, 2, 9, 8).requires_grad_()
    output = deform_roi_pool(maps, ROIS[:0], None, (2, 2), 0.5, 0, GAMMA)
    assert output.shape == (0, 2, 2, 2)
    assert not torch.autograd.grad(output.sum(), maps)[0].any()
