"""Errors of libraries that met numbers which are not finite."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.optim import OptimWrapper
from scipy.optimize import linear_sum_assignment
from torch import nn

from iclip.engine.divergence_errors import explain_divergence
from iclip.engine.hooks import GuardNumbers
from tests.support.fake_runner import fake_runner


def runner_with_hook(features: Any, tmp_path: Any) -> Any:
    """A runner whose backbone has just given these features."""
    model = nn.Module()
    model.backbone = nn.Identity()
    model.weight = nn.Parameter(torch.ones(1))
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    hook = GuardNumbers()
    runner = fake_runner(
        model=model, optim_wrapper=wrapper, hooks=[hook], work_dir=str(tmp_path), iter=6
    )
    hook.before_train(runner)
    model.backbone(features)
    return runner


@pytest.mark.parametrize(
    "features",
    [torch.tensor([1.0, math.nan]), (torch.ones(2), torch.tensor([math.inf]))],
    ids=["one map", "several maps"],
)
def test_features_that_are_not_finite_are_told(features: Any, tmp_path: Any) -> None:
    runner = runner_with_hook(features, tmp_path)
    expected = "Training stops at iteration 7 of 100: the backbone's features are not finite. "
    with pytest.raises(ValueError, match=expected), explain_divergence(runner):
        raise RuntimeError("a library's words")


def test_costs_that_scipy_refuses_are_told(tmp_path: Any) -> None:
    runner = runner_with_hook(torch.ones(2), tmp_path)
    expected = "the costs of matching predictions with objects are not finite"
    with pytest.raises(ValueError, match=expected), explain_divergence(runner):
        linear_sum_assignment(np.full((2, 2), math.nan))


def test_other_errors_pass(tmp_path: Any) -> None:
    runner = runner_with_hook((torch.ones(2),), tmp_path)
    with pytest.raises(RuntimeError, match="another"), explain_divergence(runner):
        raise RuntimeError("another fault")


def test_error_before_the_first_iteration_stays_itself() -> None:
    runner = fake_runner(hooks=[GuardNumbers()])
    with pytest.raises(RuntimeError, match="another"), explain_divergence(runner):
        raise RuntimeError("another fault")


def test_run_without_the_hook_keeps_its_error() -> None:
    with pytest.raises(RuntimeError, match="another"), explain_divergence(fake_runner(hooks=[])):
        raise RuntimeError("another fault")
