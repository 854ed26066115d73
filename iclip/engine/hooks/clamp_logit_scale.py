"""A lower limit of the temperature."""

import math
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.engine.unwrap_model import unwrap
from iclip.registry import HOOKS


@HOOKS.register_module()
class ClampLogitScale(Hook):
    """After each step, keep ``exp(logit_scale)`` at or below ``max_scale`` (arXiv:2103.00020, 2.5).

    That of a whole model, as in pre-training, and that of each classifier by words in a head. A
    model without any (the supervised baseline) is not changed.

    Args:
        max_scale: The largest factor on the cosine similarities, the inverse temperature.
    """

    # The clamp comes before EMA averages the weights and before a checkpoint stores them.
    priority = "HIGH"

    def __init__(self, max_scale: float = 100.0) -> None:
        if max_scale <= 0:
            raise ValueError(f"ClampLogitScale.max_scale is {max_scale}; it takes a value > 0")
        self.max_logit_scale = math.log(max_scale)

    @torch.no_grad()
    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Clamp the parameters in place."""
        for name, parameter in unwrap(runner.model).named_parameters():
            if name.rpartition(".")[2] == "logit_scale":
                parameter.clamp_(max=self.max_logit_scale)
