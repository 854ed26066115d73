"""The tools of this folder's tests: the backward pass in Python, and the watch."""

import pytest
import torch
from torch import Tensor, nn

from iclip.models import SwinBackbone
from iclip.models.swin.windows import WindowGrid, border_kinds, border_masks
from tests.gpu_branches.backward_in_python import backward
from tests.gpu_branches.fake_cuda import (
    CUDA,
    autocast,
    check_gradients,
    fake_cuda,
    move_to_fake_cuda,
)


class Square(torch.autograd.Function):
    """A function with a number as an argument, and with an output that may stay unused."""

    @staticmethod
    def forward(ctx, factor: float, x: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(x)
        ctx.factor = factor
        return factor * x * x, -x

    @staticmethod
    def backward(ctx, squared: Tensor, negated: Tensor) -> tuple[None, Tensor]:
        (x,) = ctx.saved_tensors
        return None, 2 * ctx.factor * x * squared - negated


def test_backward_in_python_is_the_engines():
    torch.manual_seed(0)
    arch = dict(embed_dims=24, depths=(2, 2), num_heads=(2, 4))
    model = SwinBackbone(arch=arch, drop_path_rate=0.0)
    images = torch.randn(2, 3, 56, 64)

    def gradients(go_back) -> list[Tensor]:
        model.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            pooled = model.forward_pooled(images)
        first, _ = Square.apply(3.0, pooled.float())
        # Broadcast, used twice, and of another type than what it belongs to.
        go_back((first + first.sum() * pooled).mean())
        return [parameter.grad for parameter in model.parameters()]

    for ours, theirs in zip(gradients(backward), gradients(Tensor.backward), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=0)


def test_mixing_devices_is_an_error():
    # PyTorch 2.14 and 2.10 say it differently.
    told = r"two devices, cuda:0 and cpu|two different devices cuda:0, cpu"
    with fake_cuda(), pytest.raises(RuntimeError, match=told):
        torch.ones(3, device="cuda") + torch.ones(3)


def test_the_watch_sees_a_fall_back_to_the_cpu():
    with fake_cuda() as watch:
        (torch.ones(3, device="cuda").cpu() + 1).to("cuda")
    assert watch.left == ["_to_copy"] and watch.on_cpu == ["add"]


def test_a_missing_gradient_is_named():
    model = nn.ModuleDict({"used": nn.Linear(2, 2), "unused": nn.Linear(2, 2)})
    with fake_cuda():
        move_to_fake_cuda(model)
        loss = model["used"](torch.ones(1, 2, device=CUDA)).sum()
        with pytest.raises(AssertionError, match=r"unused\.weight has no gradient"):
            check_gradients(model, loss)


def test_autocast_takes_bfloat16():
    with fake_cuda():
        x = torch.ones(2, 2, device="cuda")
        with autocast():
            assert (x @ x).dtype == torch.bfloat16
            with torch.autocast("cuda", enabled=False):
                assert (x @ x).dtype == torch.float32
        assert (x @ x).dtype == torch.float32


def test_no_tensor_of_a_trace_is_kept_for_later():
    border_masks.cache_clear()
    border_kinds.cache_clear()
    grid = WindowGrid.for_map((11, 13), (7, 7), shifted=True)
    cpu = torch.device("cpu")
    with fake_cuda():
        traced = grid.masks(cpu)
    later = grid.masks(cpu)
    assert all(type(tensor) is not Tensor for tensor in traced)
    assert all(type(tensor) is Tensor for tensor in later)
