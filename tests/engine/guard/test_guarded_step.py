"""A step whose losses or gradients are not finite leaves nothing behind."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from scipy.optimize import linear_sum_assignment
from torch import nn

from iclip.engine.guard.guarded_step import GuardedStep
from iclip.engine.step_flags import StepFlags
from iclip.models.step import train_step
from iclip.openmmlab.made_up_samples import made_up_batch
from iclip.openmmlab.trial_step import CONFIGS, small_model
from tests.distributed.tiny_model import build, cut_at, global_batch
from tests.support.faulty_model import Faulty, GuardedRun, WithScaler

CLIPS = [
    None,
    {"max_norm": 1.0},
    {"max_norm": 1.0, "norm_type": 1},
    {"type": "value", "clip_value": 1},
]


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("where", ["loss", "gradient", "input"])
def test_faulty_step_changes_nothing(where: str, value: float, clip: Any, tmp_path: Path):
    run = GuardedRun(tmp_path, clip_grad=clip and dict(clip))
    run.iterate()
    before, inputs = run.state(), torch.ones(4, 3)
    if where == "loss":
        run.model.extra = value
    elif where == "gradient":
        run.model.gradient = value
    else:
        inputs[0, 0] = value
    assert run.iterate(inputs) == {}
    assert run.state() == before
    assert all(p.grad is None for p in run.model.parameters())


def test_run_with_a_faulty_step_equals_the_run_without_it(tmp_path: Path):
    runs = GuardedRun(tmp_path), GuardedRun(tmp_path)
    for step in range(4):
        inputs = torch.randn(4, 3)
        for run in runs:
            run.iterate(inputs)
        if step == 1:
            runs[0].model.extra = math.nan
            runs[0].iterate(inputs)
            runs[0].model.extra = 0.0
    assert runs[0].state() == runs[1].state()


def test_batch_norm_that_is_frozen_passes_a_fault_on(tmp_path: Path):
    run = GuardedRun(tmp_path)
    run.model.norm.eval().requires_grad_(False)
    before, inputs = run.state(), torch.ones(4, 3)
    inputs[0, 0] = math.nan
    assert run.iterate(inputs) == {}
    assert run.hook.step.faults == "loss_cls is nan"
    assert run.state() == before


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("counts", [1, 3])
def test_finite_steps_are_those_of_mmengine(counts: int, clip: Any, tmp_path: Path):
    """Weights, optimizer and the norm in the log are, to the bit, those without the guard."""
    run = GuardedRun(tmp_path, clip_grad=clip and dict(clip), accumulative_counts=counts)
    torch.manual_seed(0)
    model = Faulty()
    wrapper = OptimWrapper(
        torch.optim.AdamW(model.parameters(), lr=0.1),
        clip_grad=clip and dict(clip),
        accumulative_counts=counts,
    )
    names = "train/grad_norm", "train/grad_value"
    for _ in range(6):
        logged = []
        inputs = torch.randn(4, 3)
        for iterate in (run.iterate, lambda x: model.train_step({"inputs": x}, wrapper)):
            wrapper.message_hub.log_scalars.clear()
            iterate(inputs)
            logged.append(
                [h.data for n, h in wrapper.message_hub.log_scalars.items() if n in names]
            )
        assert str(logged[0]) == str(logged[1])
    assert run.state()[0] == {k: v.tolist() for k, v in model.state_dict().items()}
    assert str(run.wrapper.state_dict()) == str(wrapper.state_dict())


@pytest.mark.parametrize("faulty", [0, 1, 2])
def test_step_over_iterations_is_skipped_if_one_is_faulty(faulty: int, tmp_path: Path):
    run = GuardedRun(tmp_path, accumulative_counts=3)
    for _ in range(3):
        run.iterate()
    before = run.state()
    for number in range(3):
        run.model.extra = math.nan if number == faulty else 0.0
        run.iterate()
    weights, optimizer, _ = run.state()
    for name in ("good", "bad", "norm.weight"):
        assert weights[name] == before[0][name]
    assert optimizer == before[1]
    # The batches of the finite iterations count in the statistics, as they do without a fault.
    assert weights["norm.num_batches_tracked"] == 5
    run.model.extra = 0.0
    for _ in range(3):
        run.iterate()
    assert run.state()[1] != before[1]


def test_norm_that_overflows_is_a_fault(tmp_path: Path):
    """Clipping would multiply all gradients by 0, and the step would be the optimizer's alone."""
    run = GuardedRun(tmp_path, clip_grad={"max_norm": 1.0})
    run.model.gradient = 3e38
    before = run.state()
    run.iterate()
    expected = "the norm of the gradients, each of which is finite, is not finite"
    assert run.hook.step.faults == expected
    assert run.state() == before


@pytest.mark.parametrize("clip", CLIPS)
def test_parameters_with_a_faulty_gradient_are_named(clip: Any, tmp_path: Path):
    """And not all of them, as after the clipping, which multiplies by a norm that is NaN."""
    run = GuardedRun(tmp_path, clip_grad=clip and dict(clip))
    run.model.gradient = math.nan
    run.iterate()
    expected = "the gradient of 1 of 4 parameters is not finite (bad)"
    assert run.hook.step.faults == expected


@pytest.mark.parametrize("faulty", [0, 1])
def test_fault_of_any_micro_batch_counts(faulty: int):
    model = build("ICLIP")
    micro_batches = cut_at(global_batch("ICLIP", 2, 4), [0, 1, 2], [0, 2, 4])
    micro_batches[faulty]["inputs"].fill_(math.nan)
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    before = [parameter.tolist() for parameter in model.parameters()]
    step = GuardedStep(model, wrapper, StepFlags())
    step.begin(0)
    train_step(model, micro_batches, wrapper)
    step.finish()
    assert step.faults == "loss_cls is nan; loss_con is nan"
    assert not step.has_stepped
    assert [parameter.tolist() for parameter in model.parameters()] == before
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("fused", [None, True])
def test_gradient_that_a_scaler_skips_is_no_fault(fused: bool | None, tmp_path: Path):
    run = GuardedRun(tmp_path, WithScaler, fused=fused)
    before = run.state()
    run.model.gradient = math.inf
    run.iterate()
    assert not run.hook.step.is_faulty
    assert run.state()[0]["bad"] == before[0]["bad"]
    assert run.wrapper.scaler.get_scale() == 4.0
    run.model.gradient = 0.0
    run.iterate()
    assert run.state()[0]["bad"] != before[0]["bad"]


@pytest.mark.parametrize("fused", [None, True])
@pytest.mark.parametrize("detached", [False, True])
def test_loss_under_a_scaler_is_a_fault(detached: bool, fused: bool | None, tmp_path: Path):
    """Also a loss that is not finite while all gradients are, which the scaler does not see."""
    run = GuardedRun(tmp_path, WithScaler, fused=fused)
    before = run.state()
    run.model.extra = torch.tensor(math.nan, requires_grad=not detached)
    run.iterate()
    assert run.hook.step.faults == "loss_con is nan"
    assert run.state() == before
    run.model.extra = 0.0
    run.iterate()
    assert run.state() != before


def refused_costs() -> Exception:
    """What scipy raises."""
    try:
        linear_sum_assignment(np.full((2, 2), math.nan))
    except ValueError as error:
        return error
    raise AssertionError


def test_numbers_that_a_library_refuses_are_a_fault(tmp_path: Path):
    run = GuardedRun(tmp_path)
    before = run.state()
    run.model.error = refused_costs()
    run.iterate()
    expected = "the costs of matching predictions with objects are not finite"
    assert run.hook.step.faults == expected
    assert run.state() == before
    run.model.error = None
    run.iterate()
    assert run.state() != before


def test_features_that_a_library_refuses_are_a_fault(tmp_path: Path):
    run = GuardedRun(tmp_path)
    run.hook.step.features = [torch.ones(2), torch.tensor([math.inf])]
    run.model.error = RuntimeError("a library's words")
    run.iterate()
    assert run.hook.step.faults == "the backbone's features are not finite"


def test_other_errors_pass(tmp_path: Path):
    run = GuardedRun(tmp_path)
    run.model.error = RuntimeError("another fault")
    with pytest.raises(RuntimeError, match="another fault"):
        run.iterate()


@pytest.mark.parametrize("task", CONFIGS)
def test_step_of_a_framework_is_guarded(task: str):
    """An image of NaN: losses that are NaN, or a matching that scipy refuses to compute."""
    model, scope = small_model(task)
    wrapper = OptimWrapper(torch.optim.AdamW(model.parameters(), lr=1e-3))
    step = GuardedStep(model.train(), wrapper, StepFlags())
    step.go_on_after_refusals()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with DefaultScope.overwrite_default_scope(scope):
        for iteration, is_faulty in enumerate([True, False]):
            batch = made_up_batch(task)
            if is_faulty:
                batch["inputs"][0] = torch.full_like(batch["inputs"][0].float(), math.nan)
            step.begin(iteration)
            model.train_step(batch, wrapper)
            step.finish()
            assert step.is_faulty == is_faulty, step.faults
            equal = [value.equal(before[name]) for name, value in model.state_dict().items()]
            assert all(equal) == is_faulty
            assert bool(wrapper.state_dict()["state"]) != is_faulty
    assert all(value.isfinite().all() for value in model.state_dict().values())


def test_model_without_buffers_or_losses_is_guarded(tmp_path: Path):
    model = nn.Linear(2, 1, bias=False)
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    step = GuardedStep(model, wrapper, StepFlags())
    before = model.weight.tolist()
    step.begin(0)
    wrapper.update_params(model(torch.full((1, 2), math.nan)).sum())
    step.finish()
    assert step.is_faulty
    assert model.weight.tolist() == before
