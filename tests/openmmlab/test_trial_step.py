"""The step by which the doctor tries a task."""

from pathlib import Path

import pytest
import torch

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.models import trial_step as pretraining
from iclip.openmmlab import trial_step as transfers


def test_a_package_without_its_checkout_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(transfers, "DOWNSTREAM", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"lvis_frcnn_scratch\.py is not there.*checkout"):
        transfers.trial_step("detection", "cpu")


def test_a_loss_that_is_not_finite_is_an_error(monkeypatch: pytest.MonkeyPatch):
    class Broken(torch.nn.Linear):
        def train_step(self, data: object, optimizer: object) -> dict[str, torch.Tensor]:
            return {"loss": torch.tensor(float("nan"))}

    monkeypatch.setattr(transfers, "small_model", lambda task: (Broken(1, 1), "mmdet"))
    with pytest.raises(RuntimeError, match="the loss of a training step on cpu is nan"):
        transfers.trial_step("detection", "cpu")


def test_a_pretraining_loss_that_is_not_finite_is_an_error(monkeypatch: pytest.MonkeyPatch):
    def broken() -> torch.nn.Module:
        model = build()
        model.logit_scale.data.fill_(float("nan"))
        return model

    build = pretraining.small_iclip
    monkeypatch.setattr(pretraining, "small_iclip", broken)
    with pytest.raises(RuntimeError, match="the loss of a training step on cpu is nan"):
        pretraining.trial_step("cpu")


def test_the_pretraining_step_moves_every_parameter(monkeypatch: pytest.MonkeyPatch):
    model = pretraining.small_iclip()
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    monkeypatch.setattr(pretraining, "small_iclip", lambda: model)
    pretraining.trial_step("cpu")
    still = [name for name, value in model.named_parameters() if torch.equal(value, before[name])]
    assert not still
