"""The logit scale stays at or below its limit."""

import math

import pytest
import torch
from torch import nn

from iclip.engine.hooks import ClampLogitScale
from tests.support.fake_runner import fake_runner


@pytest.mark.parametrize(("before", "after"), [(10.0, math.log(100)), (4.0, 4.0), (-3.0, -3.0)])
def test_scale_stays_at_or_below_the_limit(before: float, after: float):
    model = nn.Module()
    model.logit_scale = nn.Parameter(torch.tensor(before))
    ClampLogitScale(max_scale=100).after_train_iter(fake_runner(model=model), 0)
    assert model.logit_scale.item() == pytest.approx(after)
    assert model.logit_scale.requires_grad


def test_scales_of_heads_are_clamped_and_nothing_else():
    model = nn.Module()
    model.head = nn.Module()
    model.head.classifier = nn.Module()
    model.head.classifier.logit_scale = nn.Parameter(torch.tensor(9.0))
    model.head.other_logit_scale = nn.Parameter(torch.tensor(9.0))
    ClampLogitScale(max_scale=100).after_train_iter(fake_runner(model=model), 0)
    assert model.head.classifier.logit_scale.item() == pytest.approx(math.log(100))
    assert model.head.other_logit_scale.item() == 9.0


def test_model_without_scale_is_left_alone():
    ClampLogitScale().after_train_iter(fake_runner(model=nn.Linear(1, 1)), 0)


def test_a_limit_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"ClampLogitScale\.max_scale is 0; it takes a value > 0"):
        ClampLogitScale(max_scale=0)
