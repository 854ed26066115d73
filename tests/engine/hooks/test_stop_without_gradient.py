"""A trainable parameter that no loss reaches is named before the first step."""

from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from torch import nn

from iclip.engine.hooks import StopWithoutGradient
from tests.support.fake_runner import fake_runner

FIVE = ", ".join(f"text_encoder.{i}.weight" for i in range(5))


class Run:
    """Steps of two towers, of which the second is read on demand."""

    def __init__(self, **cfg: Any) -> None:
        self.model = nn.Module()
        self.model.backbone = nn.Linear(2, 1)
        self.model.text_encoder = nn.Sequential(*(nn.Linear(1, 1, bias=False) for _ in range(6)))
        optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        wrapper = OptimWrapper(optimizer)
        self.runner = fake_runner(model=self.model, optim_wrapper=wrapper, cfg=Config(cfg))
        StopWithoutGradient().before_train(self.runner)

    def step(self, reads_texts: bool) -> None:
        loss = self.model.backbone(torch.ones(2))
        if reads_texts:
            loss = loss + 0 * self.model.text_encoder(torch.ones(1))
        self.runner.optim_wrapper.update_params(loss.sum())


def test_parameters_without_gradient_are_named_before_anything_changes():
    run = Run()
    before = run.model.backbone.weight.clone()
    with pytest.raises(ValueError) as error:
        run.step(reads_texts=False)
    assert str(error.value).startswith(
        f"no loss reaches 6 of 8 trainable parameters ({FIVE} and 1 more): they would keep"
    )
    assert "train_dataloader.batch_sampler.ratio" in str(error.value)
    assert torch.equal(run.model.backbone.weight, before)


def test_gradient_that_is_zero_counts_as_one():
    Run().step(reads_texts=True)


def test_only_the_first_step_is_checked():
    run = Run()
    # Another hook before the steps, which comes later.
    run.runner.optim_wrapper.optimizer.register_step_pre_hook(lambda *_: None)
    run.step(reads_texts=True)
    run.step(reads_texts=False)


def test_frozen_parameters_need_none():
    run = Run()
    run.model.text_encoder.requires_grad_(False)
    run.step(reads_texts=False)


def test_user_may_allow_it():
    Run(find_unused_parameters=True).step(reads_texts=False)
