"""The module that takes the place of mmcv's compiled extension.

mmcv's C++ extension has no wheel and does not build with a current torch. mmcv's Python code checks
that every operator exists and passes it the outputs to fill; the functions here have the same
signatures.
"""

from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from iclip.openmmlab.ops import (
    batch_norm,
    deformable_attention,
    deformable_convolution,
    deformable_roi,
    focal_loss,
    masked_convolution,
    point_wise_attention,
    reassembly,
    roi,
    suppression,
    temporal_shift,
)
from iclip.openmmlab.ops.not_supplied import not_supplied

_MODULES = (
    suppression,
    roi,
    focal_loss,
    deformable_attention,
    deformable_convolution,
    deformable_roi,
    masked_convolution,
    point_wise_attention,
    reassembly,
    temporal_shift,
    batch_norm,
)
SUPPLIED: dict[str, Callable[..., Any]] = {
    name: function
    for module in _MODULES
    for name, function in vars(module).items()
    if getattr(function, "__module__", None) == module.__name__ and not name.startswith("_")
}
"""mmcv's operators by name: the public functions of the modules above."""


class SuppliedOperators(ModuleType):
    """A module in place of ``mmcv._ext``; operators that it lacks raise when they are called."""

    def __init__(self) -> None:
        super().__init__("mmcv._ext", __doc__)
        # mmengine asks whether the extension has a loader to know whether mmcv is compiled.
        self.__spec__ = ModuleSpec("mmcv._ext", loader=None)
        self.__dict__.update(SUPPLIED)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        # Python looks for names such as __path__ and relies on the AttributeError.
        if name.startswith("__"):
            raise AttributeError(name)

        def absent(*_: Any, **__: Any) -> None:
            raise not_supplied(f"mmcv's operator '{name}'")

        return absent
