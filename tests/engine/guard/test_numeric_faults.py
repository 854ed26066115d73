"""What is not finite is said in words."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch import nn

from iclip.engine.guard.numeric_faults import (
    faults_by_rank,
    faulty_gradients,
    faulty_losses,
    refused_numbers,
)


def test_losses_that_are_not_finite_are_named():
    losses = {"loss_cls": 1.0, "loss_con": math.nan, "loss_box": -math.inf}
    assert faulty_losses(losses) == ["loss_con is nan", "loss_box is -inf"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1.0, math.nan), "the gradient of 1 of 2 parameters is not finite (1.weight)"),
        ((math.inf, math.nan), "the gradient of 2 of 2 parameters is not finite (0.weight, 1.weig"),
        ((1.0, 2.0), "the norm of the gradients, each of which is finite, is not finite"),
        ((None, math.nan), "the gradient of 1 of 1 parameter is not finite (1.weight)"),
    ],
)
def test_gradients_that_are_not_finite_are_named(values: Any, expected: str):
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    for parameter, value in zip(model.parameters(), values, strict=True):
        parameter.grad = None if value is None else torch.tensor([[value]])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    (text,) = faulty_gradients(model, optimizer)
    assert text.startswith(expected)


@pytest.mark.parametrize(
    ("everyone", "text"),
    [
        ([["loss is nan"]], "loss is nan"),
        ([["loss is nan"], ["loss is nan"]], "loss is nan"),
        ([[], ["a", "b"], ["b"]], "a on rank 1; b on rank 1, 2"),
    ],
)
def test_ranks_are_named_where_they_differ(everyone: list[list[str]], text: str):
    assert faults_by_rank(everyone) == text


def test_refused_numbers_are_told_from_other_errors():
    with pytest.raises(ValueError, match="invalid numeric") as refused:
        linear_sum_assignment(np.full((2, 2), math.nan))
    costs = ["the costs of matching predictions with objects are not finite"]
    features = ["the backbone's features are not finite"]
    assert refused_numbers(refused.value, None) == costs
    assert refused_numbers(RuntimeError("words"), (torch.ones(2),)) == []
    assert refused_numbers(RuntimeError("words"), torch.tensor([math.nan])) == features
    assert refused_numbers(refused.value, [torch.ones(1), torch.tensor(math.inf)]) == (
        features + costs
    )
