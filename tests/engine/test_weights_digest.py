"""The digest of a model's weights changes with any of their bits, and with nothing else."""

import copy

import pytest
import torch
from torch import nn

from iclip.engine.weights_digest import weights_digest


@pytest.fixture
def model() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2).bfloat16())


def test_copy_has_the_same_digest(model: nn.Module):
    other = copy.deepcopy(model)
    other[1].running_mean.add_(1.0)  # a buffer
    assert weights_digest(other) == weights_digest(model)


@pytest.mark.parametrize("name", ["0.weight", "1.bias", "2.weight"])
def test_smallest_change_of_a_weight_changes_it(model: nn.Module, name: str):
    before = weights_digest(model)
    weight = model.get_parameter(name).data.view(-1)
    weight[-1] = torch.nextafter(weight[-1], torch.tensor(torch.inf, dtype=weight.dtype))
    assert weights_digest(model) != before


def test_value_that_is_not_finite_has_a_digest(model: nn.Module):
    model[0].weight.data.fill_(torch.nan)
    assert weights_digest(model) == weights_digest(copy.deepcopy(model))


def test_model_without_parameters_has_a_digest():
    assert weights_digest(nn.Identity()) == weights_digest(nn.ReLU())
