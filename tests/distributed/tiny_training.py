"""Short trainings of the tiny models: on the whole batch by plain means, and in parts."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
import torch
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

from iclip.models.step import train_step
from tests.distributed.tiny_model import build

LEARNING_RATE = 0.05
# Largest difference relative to the value, and for a gradient to its length.
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-5}


class History(NamedTuple):
    """What a training gave.

    Attributes:
        losses: Losses by name, per step.
        gradients: Gradients of the first step by parameter; of an unused one, None.
    """

    losses: list[dict[str, float]]
    gradients: dict[str, Tensor | None]


class WatchedOptimizer(OptimWrapper):
    """SGD that remembers the gradients of its first step."""

    def __init__(self, model: nn.Module, **settings: Any) -> None:
        super().__init__(torch.optim.SGD(model.parameters(), lr=LEARNING_RATE), **settings)
        self.model = model
        self.gradients: dict[str, Tensor | None] = {}
        self.steps = 0

    def step(self, **kwargs: Any) -> None:
        self.steps += 1
        if not self.gradients:
            self.gradients = gradients_of(self.model)
        super().step(**kwargs)


def gradients_of(model: nn.Module) -> dict[str, Tensor | None]:
    return {
        name.removeprefix("module."): None if p.grad is None else p.grad.clone()
        for name, p in model.named_parameters()
    }


def train_on_whole_batch(
    method: str, batch: dict[str, Any], num_steps: int, dtype: torch.dtype = torch.float64
) -> History:
    """Train without any of the means of a divided step."""
    model = build(method).to(dtype)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    history: list[dict[str, float]] = []
    for step in range(num_steps):
        model.set_iteration(step)
        losses = model(**{**batch, "inputs": batch["inputs"].to(dtype)}, mode="loss")
        sum(losses.values()).backward()
        if step == 0:
            gradients = gradients_of(model)
        optimizer.step()
        optimizer.zero_grad()
        history.append({name: loss.item() for name, loss in losses.items()})
    return History(history, gradients)


def train_in_parts(model: nn.Module, parts: Sequence[dict[str, Any]], num_steps: int) -> History:
    """Train with :func:`train_step` on the micro-batches of this rank.

    Args:
        model: A method, or its distributed wrapper.
        parts: The micro-batches of every step.
        num_steps: Number of steps.
    """
    method = getattr(model, "module", model)
    dtype = next(model.parameters()).dtype
    parts = [{**part, "inputs": part["inputs"].to(dtype)} for part in parts]
    optimizer = WatchedOptimizer(model)
    history = []
    for step in range(num_steps):
        method.set_iteration(step)
        log_vars = train_step(model, parts, optimizer)
        history.append({name: log_vars[name].item() for name in log_vars if name != "loss"})
    assert optimizer.steps == num_steps
    return History(history, optimizer.gradients)


def check_equal(found: History, expected: History, dtype: torch.dtype = torch.float64) -> None:
    """Compare losses, and gradients by the length of their difference."""
    tolerance = TOLERANCE[dtype]
    assert len(found.losses) == len(expected.losses)
    for ours, theirs in zip(found.losses, expected.losses, strict=True):
        assert ours == pytest.approx(theirs, rel=tolerance)
    assert found.gradients.keys() == expected.gradients.keys()
    for name, gradient in expected.gradients.items():
        ours = found.gradients[name]
        if gradient is None:
            assert ours is None, name
        else:
            assert (ours - gradient).norm() <= tolerance * gradient.norm(), name
