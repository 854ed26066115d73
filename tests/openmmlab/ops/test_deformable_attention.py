"""Deformable attention against mmcv's Python."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)
from tests.support.random_tensors import random

from mmcv.ops.multi_scale_deform_attn import (  # isort: skip
    MultiScaleDeformableAttnFunction,
    multi_scale_deformable_attn_pytorch,
)

SHAPES = torch.tensor([[5, 4], [3, 2]])
STARTS = torch.tensor([0, 20])


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
