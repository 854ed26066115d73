"""The model itself, whatever the launcher or a test of several views wrapped around it."""

from typing import Any

from mmengine.model import BaseTTAModel, is_model_wrapper
from torch import nn


def unwrap(model: nn.Module) -> Any:
    """Return a model without its wrappers: of several ranks, of test-time views.

    Any, because callers ask for attributes that only some models have.
    """
    inner: Any = model
    while is_model_wrapper(inner) or isinstance(inner, BaseTTAModel):
        inner = inner.module
    return inner
