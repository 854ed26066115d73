"""mmcv's operators that the hub supplies, on CUDA tensors, through mmcv's Python functions."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)
from iclip.openmmlab.ops.extension import SUPPLIED
from tests.gpu_branches.fake_cuda import CUDA, autocast, fake_cuda
from tests.gpu_branches.valued_cuda import valued_cuda

import mmcv.ops as ops  # isort: skip
from mmcv.ops.multi_scale_deform_attn import MultiScaleDeformableAttnFunction  # isort: skip
from mmcv.ops.sync_bn import SyncBatchNormFunction  # isort: skip
from mmcv.ops.psa_mask import psa_mask  # isort: skip

BOXES = torch.tensor([[0.0, 0, 8, 8], [1, 1, 9, 9], [4, 2, 12, 7], [20, 20, 24, 26]])
SCORES = torch.tensor([0.9, 0.8, 0.7, 0.3])
ROIS = torch.tensor([[0, 1.0, 2.0, 13.0, 17.0], [1, 4.5, 0.0, 9.0, 21.0]])


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def attention(value: Tensor, places: Tensor, weights: Tensor, sizes: Tensor, starts: Tensor):
    return MultiScaleDeformableAttnFunction.apply(value, sizes, starts, places, weights, 64)


def synchronised_batch_norm(maps: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    mean, variance = maps.new_zeros(len(weight)), maps.new_ones(len(weight))
    return SyncBatchNormFunction.apply(
        maps, mean, variance, weight, bias, 0.1, 1e-5, None, 1, "default"
    )


# What is called, with what; the floating-point tensors get gradients.
Case = tuple[Callable[..., Any], tuple[Any, ...]]
DENSE: dict[str, Case] = {
    "roi_align": (ops.roi_align, (random(2, 2, 12, 12), ROIS, (3, 3), 0.5, 2, "avg", True)),
    "roi_pool": (ops.roi_pool, (random(2, 2, 12, 12), ROIS, (2, 2), 0.5)),
    "sigmoid_focal_loss": (
        ops.sigmoid_focal_loss,
        (random(5, 4), torch.tensor([0, 1, 4, 2, 3]), 2.0, 0.25, None, "mean"),
    ),
    "multi-scale deformable attention": (
        attention,
        (
            random(2, 20, 2, 3),
            random(2, 5, 2, 2, 3, 2).sigmoid(),
            random(2, 5, 2, 2, 3).softmax(-1),
            torch.tensor([[4, 4], [2, 2]]),
            torch.tensor([0, 16]),
        ),
    ),
    "deform_conv2d": (
        ops.deform_conv2d,
        (random(2, 4, 6, 7), random(2, 18, 6, 7), random(3, 4, 3, 3), 1, 1),
    ),
    "modulated_deform_conv2d": (
        ops.modulated_deform_conv2d,
        (
            random(2, 4, 6, 7),
            random(2, 18, 6, 7),
            random(2, 9, 6, 7).sigmoid(),
            random(3, 4, 3, 3),
            random(3),
            1,
            1,
        ),
    ),
    "carafe": (ops.carafe, (random(1, 4, 3, 4), random(1, 9, 6, 8).softmax(1), 3, 1, 2)),
    "psa_mask": (psa_mask, (random(1, 9, 3, 3), "collect", (3, 3))),
    "synchronized batch norm": (
        synchronised_batch_norm,
        (random(3, 4, 5, 2), random(4), random(4) + 1),
    ),
    "tin_shift": (ops.tin_shift, (random(1, 4, 4, 3), torch.tensor([[1, -1]]))),
}
# How much is computed depends on values, which fake tensors lack.
SPARSE: dict[str, Case] = {
    "deform_roi_pool": (
        ops.deform_roi_pool,
        (random(2, 2, 12, 12), ROIS, random(2, 2, 3, 3), (3, 3), 0.5, 2, 0.1),
    ),
    "nms": (ops.nms, (BOXES, SCORES, 0.3)),
    "soft_nms": (ops.soft_nms, (BOXES, SCORES, 0.3)),
    "nms_match": (ops.nms_match, (torch.cat([BOXES, SCORES[:, None]], dim=1), 0.3)),
    "masked_conv2d": (
        ops.masked_conv2d,
        (random(1, 2, 5, 5), random(1, 5, 5) > 0, random(3, 2, 3, 3), random(3), 1),
    ),
}

WITHOUT_GRADIENT = ("nms", "soft_nms", "nms_match", "masked_conv2d")


def to_cuda(arguments: tuple[Any, ...], trained: bool) -> list[Any]:
    moved = [value.to("cuda") if isinstance(value, Tensor) else value for value in arguments]
    for value in moved:
        if trained and isinstance(value, Tensor) and value.is_floating_point():
            value.requires_grad_()
    return moved


def gradients(arguments: list[Any]) -> list[Tensor | None]:
    return [value.grad for value in arguments if isinstance(value, Tensor) and value.requires_grad]


def outputs(result: Any) -> list[Tensor]:
    return list(result) if isinstance(result, tuple | list) else [result]


@pytest.mark.parametrize("name", DENSE)
def test_an_operator_stays_on_the_gpu(name: str):
    function, arguments = DENSE[name]
    with fake_cuda() as watch:
        moved = to_cuda(arguments, trained=True)
        with autocast():
            out = function(*moved)
        assert out.device == CUDA
        out.float().sum().backward()
        found = gradients(moved)
        assert any(gradient is not None for gradient in found)
        assert all(gradient.device == CUDA for gradient in found if gradient is not None)
    assert watch.left == [] and watch.on_cpu == []


@pytest.mark.parametrize("name", [*DENSE, *SPARSE])
def test_values_on_cuda_tensors_are_the_cpus(name: str):
    function, arguments = (DENSE | SPARSE)[name]
    expected = outputs(function(*arguments))
    with valued_cuda():
        found = outputs(function(*to_cuda(arguments, trained=False)))
        assert all(tensor.is_cuda for tensor in found)
        for ours, theirs in zip(found, expected, strict=True):
            torch.testing.assert_close(ours.cpu(), theirs)


def test_every_supplied_operator_is_among_them(monkeypatch: pytest.MonkeyPatch):
    called: set[str] = set()

    def counted(name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            called.add(name)
            return SUPPLIED[name](*args, **kwargs)

        return call

    for name in SUPPLIED:
        monkeypatch.setattr(sys.modules["mmcv._ext"], name, counted(name))
    for name, (function, arguments) in (DENSE | SPARSE).items():
        with valued_cuda():
            moved = to_cuda(arguments, trained=name not in WITHOUT_GRADIENT)
            result = function(*moved)
            if name not in WITHOUT_GRADIENT:
                result.sum().backward()
    assert called == set(SUPPLIED)
