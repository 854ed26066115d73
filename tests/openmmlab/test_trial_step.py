"""The step by which the doctor tries a transfer."""

import pytest
import torch

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab import trial_step as transfers


def test_a_loss_that_is_not_finite_is_an_error(monkeypatch: pytest.MonkeyPatch):
    class Broken(torch.nn.Linear):
        def train_step(self, data: object, optimizer: object) -> dict[str, torch.Tensor]:
            return {"loss": torch.tensor(float("nan"))}

    monkeypatch.setattr(transfers, "small_model", lambda task: (Broken(1, 1), "mmdet"))
    with pytest.raises(RuntimeError, match="the loss of a training step on cpu is nan"):
        transfers.trial_step("detection", "cpu")
