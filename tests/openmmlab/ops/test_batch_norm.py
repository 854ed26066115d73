"""mmcv's synchronized batch normalization, on one rank, against PyTorch's."""

import pytest
import torch
from torch import Tensor, nn

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)

from mmcv.ops.sync_bn import SyncBatchNormFunction  # isort: skip


def input_maps() -> Tensor:
    return torch.randn(3, 4, 5, 2, generator=torch.Generator().manual_seed(0)) * 2 + 1


def batch_norm() -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(4)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([0.5, 1.0, 2.0, -1.0]))
        norm.bias.copy_(torch.tensor([0.0, 1.0, 0.3, 2.0]))
    return norm


def synchronized(maps: Tensor, norm: nn.BatchNorm2d, mode: str = "default") -> Tensor:
    """What mmcv computes with a module's parameters and statistics on one rank."""
    statistics = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    return SyncBatchNormFunction.apply(maps, *statistics, norm.momentum, norm.eps, None, 1, mode)


@pytest.mark.parametrize("mode", ["default", "N"])
def test_value_gradient_and_statistics_are_those_of_batch_norm(mode: str):
    results = []
    for compute in (lambda x, norm: norm(x), lambda x, norm: synchronized(x, norm, mode)):
        norm, maps = batch_norm(), input_maps().requires_grad_()
        output = compute(maps, norm)
        output.square().sin().sum().backward()
        gradients = [maps.grad, norm.weight.grad, norm.bias.grad]
        results.append([output, *gradients, norm.running_mean, norm.running_var])
    for expected, ours in zip(*results, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-5)


def test_half_precision_is_normalised_in_float32():
    maps = input_maps().half()
    output = synchronized(maps, batch_norm())
    assert output.dtype == torch.float16
    torch.testing.assert_close(output, batch_norm()(maps.float()).half(), rtol=2e-3, atol=2e-3)
