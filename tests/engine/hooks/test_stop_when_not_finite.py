"""A loss or a gradient that is not finite stops the run before the weights change."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

from iclip.checkpoints import load_checkpoint
from iclip.engine.hooks import StopWhenNotFinite
from iclip.models.step import train_step
from tests.distributed.tiny_model import build, cut_at, global_batch
from tests.support.fake_runner import fake_runner
from tests.support.tiny_run.config import tiny_config
from tests.support.train_process import finish, finish_on_two_ranks, output


class Faulty(BaseModel):
    """Two losses whose faults the test decides about."""

    def __init__(self) -> None:
        super().__init__()
        self.good, self.bad = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
        self.extra: Any = 0.0
        self.faulty_gradient = False

    def forward(self, inputs: Tensor, mode: str) -> Any:
        loss = self.bad.square().sum()
        if self.faulty_gradient:  # the slope of a root at 0, times 0
            loss = loss + (0 * self.bad).sqrt().sum()
        return dict(
            loss_cls=self.good.sum(),
            loss_con=[loss, loss + self.extra],
            accuracy=torch.tensor(math.nan),
        )


class WithScaler(OptimWrapper):
    """As mmengine's AmpOptimWrapper, which needs a GPU."""

    def __init__(self, optimizer: Any) -> None:
        super().__init__(optimizer)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=8.0)

    def backward(self, loss: Tensor, **_: Any) -> None:
        self.scaler.scale(loss).backward()
        self._inner_count += 1

    def step(self, **_: Any) -> None:
        self.scaler.step(self.optimizer)
        self.scaler.update()


class Run:
    """Iterations of a model with the hook."""

    def __init__(self, folder: Path, wrapper: type[OptimWrapper] = OptimWrapper, **options: Any):
        self.model, self.hook = Faulty(), StopWhenNotFinite()
        fused = options.pop("fused", False)
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.1, fused=fused)
        self.runner = fake_runner(
            model=self.model, optim_wrapper=wrapper(optimizer, **options), work_dir=str(folder)
        )
        self.hook.before_train(self.runner)

    def iterate(self) -> None:
        outputs = self.model.train_step({"inputs": torch.zeros(1)}, self.runner.optim_wrapper)
        self.hook.after_train_iter(self.runner, self.runner.iter, outputs=outputs)
        self.runner.iter += 1

    def weights(self) -> list[list[float]]:
        return [parameter.tolist() for parameter in self.model.parameters()]


@pytest.mark.parametrize("clip", [None, {"max_norm": 1.0}])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_loss_stops_the_run_before_the_weights_change(value: float, clip: Any, tmp_path: Path):
    run = Run(tmp_path, clip_grad=clip)
    run.iterate()
    before = run.weights()
    run.model.extra = value
    with pytest.raises(ValueError, match=rf"stops at iteration 2 of 100: loss_con is {value}\. "):
        run.iterate()
    assert run.weights() == before


@pytest.mark.parametrize("clip", [None, {"max_norm": 1.0}])
def test_gradient_stops_the_run_before_the_weights_change(clip: Any, tmp_path: Path):
    run = Run(tmp_path, clip_grad=clip)
    before = run.weights()
    run.model.faulty_gradient = True
    with pytest.raises(ValueError, match=r"the gradient of \d of 2 parameters is not finite"):
        run.iterate()
    assert run.weights() == before


def test_parameters_with_a_faulty_gradient_are_named(tmp_path: Path):
    run = Run(tmp_path)
    run.model.faulty_gradient = True
    with pytest.raises(ValueError, match=r"gradient of 1 of 2 parameters is not finite \(bad\)"):
        run.iterate()


@pytest.fixture
def diverged(tmp_path: Path) -> Run:
    run = Run(tmp_path)
    run.model.extra = math.nan
    return run


def test_message_says_that_no_checkpoint_is_left(diverged: Run):
    with pytest.raises(ValueError, match="no checkpoint was saved before"):
        diverged.iterate()


def test_message_names_the_last_checkpoint(diverged: Run, tmp_path: Path):
    (tmp_path / "iter_7.pth").touch()
    with pytest.raises(ValueError, match=rf"the last checkpoint is {tmp_path / 'iter_7.pth'}"):
        diverged.iterate()


def test_message_names_settings_to_change(diverged: Run):
    with pytest.raises(ValueError, match=r"optim_wrapper\.optimizer\.lr.*param_scheduler"):
        diverged.iterate()


@pytest.mark.parametrize("faulty", [0, 1])
def test_loss_of_any_micro_batch_stops_the_run(faulty: int, tmp_path: Path):
    model = build("ICLIP")
    micro_batches = cut_at(global_batch("ICLIP", 2, 4), [0, 1, 2], [0, 2, 4])
    micro_batches[faulty]["inputs"].fill_(math.nan)
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    before = [parameter.tolist() for parameter in model.parameters()]
    hook = StopWhenNotFinite()
    hook.before_train(fake_runner(model=model, optim_wrapper=wrapper, work_dir=str(tmp_path)))
    with pytest.raises(ValueError, match=r"iteration 1 of 100: loss_cls is nan; loss_con is nan"):
        train_step(model, micro_batches, wrapper)
    assert [parameter.tolist() for parameter in model.parameters()] == before


def test_loss_of_an_iteration_without_a_step_stops_the_run(tmp_path: Path):
    run = Run(tmp_path, accumulative_counts=3)
    run.model.extra = math.nan
    with pytest.raises(ValueError, match="iteration 1 of 100: loss_con is nan"):
        run.iterate()


@pytest.mark.parametrize("fused", [False, True])
def test_gradient_that_a_scaler_skips_does_not_stop_the_run(fused: bool, tmp_path: Path):
    run = Run(tmp_path, WithScaler, fused=fused)
    before = run.weights()
    run.model.faulty_gradient = True
    run.iterate()
    assert run.weights() == before
    assert run.runner.optim_wrapper.scaler.get_scale() == 4.0
    run.model.faulty_gradient = False
    run.iterate()
    assert run.weights() != before


@pytest.mark.parametrize("fused", [False, True])
def test_loss_under_a_scaler_stops_the_run(fused: bool, tmp_path: Path):
    run = Run(tmp_path, WithScaler, fused=fused)
    run.model.extra = math.nan
    with pytest.raises(ValueError, match="loss_con is nan"):
        run.iterate()


@pytest.mark.parametrize("runtime", ["configs/_base_/runtime.py", "downstream/_base_/runtime.py"])
def test_every_run_has_the_hook(runtime: str, repo_root: Path):
    hooks = Config.fromfile(repo_root / runtime, import_custom_modules=False).custom_hooks
    assert "StopWhenNotFinite" in [hook.type.removeprefix("iclip.") for hook in hooks]


def test_run_ends_with_its_last_good_checkpoint(tmp_path: Path):
    cfg = tiny_config(tmp_path, model__not_finite_from=9)
    assert finish(cfg, tmp_path) == 2
    text = output(tmp_path)
    assert "ERROR: Training stops at iteration 10 of 12: loss_con is nan" in text
    assert f"the last checkpoint is {tmp_path / 'run' / 'iter_8.pth'}" in text
    assert sorted(path.name for path in (tmp_path / "run").glob("*.pth")) == [
        "iter_4.pth", "iter_8.pth", "latest.pth",
    ]  # fmt: skip
    weights = load_checkpoint(tmp_path / "run" / "latest.pth")["state_dict"]
    assert all(value.isfinite().all() for value in weights.values())


def test_all_ranks_stop_with_the_same_message(tmp_path: Path):
    cfg = tiny_config(tmp_path, model__not_finite_from=2, model__not_finite_rank=1)
    assert finish_on_two_ranks(cfg, tmp_path) == [2, 2], output(tmp_path)
    expected = "Training stops at iteration 3 of 12: loss_con is nan on rank 1. "
    assert output(tmp_path).count(f"ERROR: {expected}") == 2
