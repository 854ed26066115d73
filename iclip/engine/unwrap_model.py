"""The model itself, whatever the launcher wrapped around it."""

from typing import Any

from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn


def unwrap(runner: Runner) -> Any:
    """Return the runner's model without its distributed wrapper.

    Any, because hooks ask it for attributes that only some models have.
    """
    return unwrapped(runner.model)


def unwrapped(model: nn.Module) -> Any:
    """Return a model without its distributed wrapper, if it has one."""
    return model.module if is_model_wrapper(model) else model
