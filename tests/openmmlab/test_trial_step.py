"""The step by which the doctor tries a transfer."""

from pathlib import Path

import pytest
import torch

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab import trial_step as transfers


def test_missing_checkout_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
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
