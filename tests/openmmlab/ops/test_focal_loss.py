"""The sigmoid focal loss that mmdet and mmseg take on a GPU, against the one they take on a CPU."""

import math

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck
from torch.nn.functional import one_hot

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)

from mmcv.ops import sigmoid_focal_loss  # isort: skip
from mmdet.models.losses.focal_loss import py_sigmoid_focal_loss  # isort: skip

CLASSES = 5


def logits_and_target(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(12, CLASSES, dtype=torch.float64, generator=generator) * 4
    return logits.to(dtype), torch.arange(12) % (CLASSES + 1)  # CLASSES is background


def loss_of_mmdet(logits: Tensor, target: Tensor, gamma: float, alpha: float) -> Tensor:
    hot = one_hot(target, CLASSES + 1)[:, :CLASSES]
    return py_sigmoid_focal_loss(logits, hot, gamma=gamma, alpha=alpha, reduction="none")


@pytest.mark.parametrize("gamma", [2.0, 1.5, 0.0])
@pytest.mark.parametrize("alpha", [0.25, -1.0])
def test_value_and_gradient_are_those_of_the_python_version(gamma: float, alpha: float):
    logits, target = logits_and_target()
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    loss = sigmoid_focal_loss(ours, target, gamma, alpha, None, "none")
    expected = loss_of_mmdet(theirs, target, gamma, alpha)
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=1e-14)
    share = torch.rand(loss.shape, dtype=torch.float64)
    loss.backward(share)
    expected.backward(share)
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-12, atol=1e-14)


def test_gradient_is_the_derivative():
    logits, target = logits_and_target()
    logits.requires_grad_()
    assert gradcheck(lambda x: sigmoid_focal_loss(x, target, 1.5, 0.25, None, "none"), logits)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_mean_divides_by_the_samples(reduction: str):
    logits, target = logits_and_target()
    loss = sigmoid_focal_loss(logits, target, 2.0, 0.25, None, reduction)
    expected = loss_of_mmdet(logits, target, 2.0, 0.25).sum()
    torch.testing.assert_close(loss, expected / len(logits) if reduction == "mean" else expected)


def test_weight_is_that_of_the_target_class():
    logits, target = logits_and_target()
    weight = torch.arange(1.0, CLASSES + 1, dtype=torch.float64)
    loss = sigmoid_focal_loss(logits, target, 2.0, 0.25, weight, "none")
    plain = loss_of_mmdet(logits, target, 2.0, 0.25)
    for sample, label in enumerate(target.tolist()):
        factor = weight[label] if label < CLASSES else 1.0
        torch.testing.assert_close(loss[sample], plain[sample] * factor)


def test_logits_of_any_size_keep_it_finite():
    extreme = torch.tensor([[-200.0, 200.0], [200.0, -200.0]], requires_grad=True)
    loss = sigmoid_focal_loss(extreme, torch.tensor([0, 2]), 2.0, 0.25, None, "none")
    loss.sum().backward()
    torch.testing.assert_close(loss[0].detach(), torch.tensor([0.25 * 200, 0.75 * 200]))
    assert extreme.grad is not None
    assert torch.isfinite(extreme.grad).all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_rounds_the_result_only(dtype: torch.dtype):
    logits, target = logits_and_target(dtype)
    loss = sigmoid_focal_loss(logits, target, 2.0, 0.25, None, "none")
    assert loss.dtype == dtype
    expected = loss_of_mmdet(logits.float(), target, 2.0, 0.25)
    torch.testing.assert_close(loss, expected.to(dtype), rtol=torch.finfo(dtype).eps, atol=1e-7)


def test_no_samples_lose_nothing():
    logits = torch.zeros(0, CLASSES, requires_grad=True)
    loss = sigmoid_focal_loss(logits, torch.zeros(0, dtype=torch.long), 2.0, 0.25, None, "sum")
    loss.backward()
    assert loss == 0
    assert logits.grad is not None
    assert logits.grad.shape == (0, CLASSES)


def test_formula_of_the_paper():
    logits, target = torch.tensor([[0.3, -1.2]], dtype=torch.float64), torch.tensor([1])
    loss = sigmoid_focal_loss(logits, target, 2.0, 0.25, None, "none")
    p = [1 / (1 + math.exp(-x)) for x in (0.3, -1.2)]
    expected = [-0.75 * p[0] ** 2 * math.log(1 - p[0]), -0.25 * (1 - p[1]) ** 2 * math.log(p[1])]
    torch.testing.assert_close(loss, torch.tensor([expected], dtype=torch.float64))
