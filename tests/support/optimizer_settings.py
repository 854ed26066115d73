"""What an optimizer does with each parameter."""

from typing import Any

from mmengine.optim import build_optim_wrapper
from torch import nn


def settings_by_name(model: nn.Module, cfg: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Learning rate and weight decay of every parameter in the optimizer, each once."""
    optimizer = build_optim_wrapper(model, cfg).optimizer
    names = {parameter: name for name, parameter in model.named_parameters()}
    settings = [
        (names[parameter], (group["lr"], group["weight_decay"]))
        for group in optimizer.param_groups
        for parameter in group["params"]
    ]
    assert len(dict(settings)) == len(settings)
    return dict(settings)
