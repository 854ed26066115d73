"""The model itself, whatever the launcher wrapped around it."""

from typing import Any

from mmengine.model import is_model_wrapper
from torch import nn


def unwrap(model: nn.Module) -> Any:
    """Return a model without its distributed wrapper, if it has one.

    Any, because callers ask for attributes that only some models have.
    """
    return model.module if is_model_wrapper(model) else model
