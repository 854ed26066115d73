"""mmengine's optimizer wrapper with a choice of precision, on a GPU and on a CPU."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.logging import print_log
from mmengine.optim import OptimWrapper
from torch import nn
from torch.optim import Optimizer

from iclip.engine.precision import autocast, autocast_dtype
from iclip.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class PrecisionOptimWrapper(OptimWrapper):
    """Accumulate, clip and step as mmengine does; forward passes run in the chosen precision.

    mmengine's AmpOptimWrapper needs a GPU and a gradient scaler; bfloat16 needs neither.

    Args:
        optimizer: The optimizer.
        precision: ``'auto'``, ``'bf16'`` or ``'fp32'``, see :mod:`iclip.engine.precision`.
        accumulative_counts: Iterations whose gradients make one optimizer step, in a downstream
            task. Pre-training accumulates within an iteration, see `ResumableTrainLoop`.
        clip_grad: E.g. ``dict(max_norm=5.0)``; it also puts ``grad_norm`` into the log.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        precision: str = "auto",
        accumulative_counts: int = 1,
        clip_grad: dict[str, Any] | None = None,
    ) -> None:
        # A copy: the parent removes a key from it.
        clip_grad = dict(clip_grad) if clip_grad is not None else None
        super().__init__(optimizer, accumulative_counts=accumulative_counts, clip_grad=clip_grad)
        self.autocast = autocast(precision)
        dtype = autocast_dtype(precision, get_device()) or torch.float32
        print_log(f"Forward passes run in {dtype} (precision={precision!r})", logger="current")

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run a forward pass in the precision, without gradient exchange while accumulating."""
        with super().optim_context(model), self.autocast():
            yield
