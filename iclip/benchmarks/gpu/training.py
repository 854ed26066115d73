"""One training step of a method, as training does it."""

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.optim import AdamW

from iclip.benchmarks.harness.settings import Settings
from iclip.models import TwoTowers


class MethodStep:
    """Forward, backward and optimizer step of a method on one batch, once per call.

    Args:
        model: It is moved to the device.
        batch: As the data loader gives it.
        settings: The device.
        half: Whether under autocast in bfloat16.
    """

    def __init__(
        self, model: TwoTowers, batch: dict[str, Any], settings: Settings, half: bool = True
    ) -> None:
        self.model, self.batch, self.settings = model.to(settings.device).train(), batch, settings
        self.half = half
        self.optimizer = AdamW(self.model.parameters(), lr=1e-4, fused=True)
        self.loss = float("nan")

    def __call__(self) -> None:
        """Take the step and keep its loss."""
        data = self.model.data_preprocessor(self.batch, True)
        with self.settings.autocast() if self.half else nullcontext():
            losses = self.model(**data, mode="loss")
        total: Tensor = torch.stack(list(losses.values())).sum()
        total.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.loss = float(total.detach())
