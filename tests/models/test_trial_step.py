"""The step by which the doctor tries pre-training."""

import pytest
import torch

from iclip.models import trial_step as pretraining


def test_a_loss_that_is_not_finite_is_an_error(monkeypatch: pytest.MonkeyPatch):
    def broken() -> torch.nn.Module:
        model = build()
        model.logit_scale.data.fill_(float("nan"))
        return model

    build = pretraining.small_iclip
    monkeypatch.setattr(pretraining, "small_iclip", broken)
    with pytest.raises(RuntimeError, match="the loss of a training step on cpu is nan"):
        pretraining.trial_step("cpu")


def test_the_step_moves_every_parameter(monkeypatch: pytest.MonkeyPatch):
    model = pretraining.small_iclip()
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    monkeypatch.setattr(pretraining, "small_iclip", lambda: model)
    pretraining.trial_step("cpu")
    still = [name for name, value in model.named_parameters() if torch.equal(value, before[name])]
    assert not still
