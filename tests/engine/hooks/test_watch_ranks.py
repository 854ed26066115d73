"""The phases of a training, with their limits, as the hook and the model's passes make them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import nn

from iclip.engine.hooks import WatchRanks, watch_ranks
from iclip.ranks import phases
from iclip.ranks.phases import current_phase
from iclip.ranks.signs import RankSigns
from iclip.ranks.watch import RankWatch
from tests.support.fake_runner import fake_runner


class Told(nn.Linear):
    """A model that notes the phases in which it is called."""

    def __init__(self, told: list[str]) -> None:
        super().__init__(2, 1)
        self.told = told

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        self.told.append(str(current_phase()))
        return super().forward(inputs)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(phases, "_STATE", phases._State())
    return []


def step(model: nn.Module, optimizer: Any, told: list[str]) -> None:
    loss = model(torch.ones(2)).sum()
    told.append(str(current_phase()))
    loss.backward()
    optimizer.register_step_pre_hook(lambda *_: told.append(str(current_phase())))
    optimizer.step()
    told.append(str(current_phase()))


def test_phases_follow_a_training(told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    model = Told(told)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    wrapper = SimpleNamespace(optimizer=optimizer)
    runner = fake_runner(model=model, optim_wrapper=wrapper, iter=7, log_dir=str(tmp_path))
    watch = RankWatch(RankSigns(dist.HashStore(), 0, 2), timeout_s=70)
    monkeypatch.setattr(watch_ranks, "current_watch", lambda: watch)
    hook = WatchRanks(step_limit=9)
    hook.before_train(runner)
    told.append(str(current_phase()))
    hook.before_train_epoch(runner)
    told.append(str(current_phase()))
    hook.before_train_iter(runner, 7)
    assert watch.folder == tmp_path
    assert current_phase().limit_s == 70, "the first step starts workers and compiles"
    step(model, optimizer, told)
    hook.after_train_iter(runner, 7)
    told.append(str(current_phase()))
    assert current_phase().limit_s == 9
    hook.before_val(runner)
    model.eval()
    model(torch.ones(2))
    assert current_phase().limit_s == 70
    hook.after_val(runner)
    assert (current_phase().name, current_phase().limit_s) == ("loading data", 9)
    assert told == [
        "preparing the first step (iteration 8)",
        "loading data (iteration 8)",
        "forward pass (iteration 8)",
        "backward pass, or waiting for other ranks (iteration 8)",
        "optimizer's step (iteration 8)",
        "hooks after the step (iteration 8)",
        "loading data (iteration 9)",
        "validating (iteration 9)",
    ]


@pytest.mark.parametrize("limit", [0, -1, float("inf"), True])
def test_limit_is_a_number_of_seconds(limit: Any):
    with pytest.raises(ValueError, match=r"WatchRanks\.step_limit is .*; it takes the seconds"):
        WatchRanks(step_limit=limit)
