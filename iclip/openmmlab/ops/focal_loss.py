"""The sigmoid focal loss (arXiv:1708.02002) and its gradient, element by element.

mmdet and mmseg call these for CUDA tensors only; on a CPU they compute the loss in Python.
"""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from iclip.openmmlab.ops.precision import as_float


def sigmoid_focal_loss_forward(
    input: Tensor, target: Tensor, weight: Tensor, output: Tensor, gamma: float, alpha: float
) -> None:
    """Fill ``output`` (N, C) with the loss of every class of every sample.

    Args:
        input: Logits, (N, C).
        target: Class of each sample, (N,), 0 to C - 1; another value, C in mmdet, is background.
        weight: Factor per class of the target, (C,), or empty; background has the factor 1.
        output: (N, C)
        gamma: Exponent of the modulating factor.
        alpha: Factor of the target's class, also outside 0 to 1; other classes have ``1 - alpha``.
    """
    logits = as_float(input)
    # p and 1 - p of the paper; the second form loses no digits where p is near 1.
    p, complement = logits.sigmoid(), (-logits).sigmoid()
    loss = torch.where(
        _is_target(logits, target),
        -alpha * complement**gamma * logsigmoid(logits),
        -(1 - alpha) * p**gamma * logsigmoid(-logits),
    )
    output.copy_(loss * _sample_weight(weight, target))


def sigmoid_focal_loss_backward(
    input: Tensor, target: Tensor, weight: Tensor, grad_input: Tensor, gamma: float, alpha: float
) -> None:
    """Fill ``grad_input`` (N, C) with the derivative; arguments as in the forward function."""
    logits = as_float(input)
    p, complement = logits.sigmoid(), (-logits).sigmoid()
    # By the product rule, with dp/dx = p (1 - p) and d log(p)/dx = 1 - p for a logit x.
    derivative = torch.where(
        _is_target(logits, target),
        alpha * complement**gamma * (gamma * p * logsigmoid(logits) - complement),
        (1 - alpha) * p**gamma * (p - gamma * complement * logsigmoid(-logits)),
    )
    grad_input.copy_(derivative * _sample_weight(weight, target))


def _is_target(logits: Tensor, target: Tensor) -> Tensor:
    """Mark the sample's own class, (N, C)."""
    return target[:, None] == torch.arange(logits.shape[1], device=logits.device)


def _sample_weight(weight: Tensor, target: Tensor) -> Tensor | float:
    """Return the factor of each sample, (N, 1)."""
    if not len(weight):
        return 1.0
    background = (target < 0) | (target >= len(weight))
    factors = as_float(weight)[target.clamp(0, len(weight) - 1)]
    return factors.masked_fill(background, 1.0)[:, None]
