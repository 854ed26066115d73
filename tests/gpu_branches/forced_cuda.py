"""Tensors of a CPU that say they are on a GPU, so that code takes a GPU's branches."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from iclip.openmmlab.ops import SUPPLIED

import mmcv.ops.multi_scale_deform_attn  # isort: skip


class CudaInName(str):
    """A device whose ``type`` is ``cuda``, and which is the CPU to PyTorch."""

    type = "cuda"


@contextmanager
def as_if_on_cuda() -> Iterator[None]:
    """Let Python code that reads the device take the branch of a GPU."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "is_cuda", property(lambda _: True))
        patch.setattr(torch.Tensor, "is_cpu", property(lambda _: False))
        patch.setattr(torch.Tensor, "device", property(lambda _: CudaInName("cpu")))
        patch.setattr(torch.cuda, "is_available", lambda: True)
        patch.setattr(torch.cuda, "current_device", lambda: "cpu")
        patch.setattr(mmcv.ops.multi_scale_deform_attn, "IS_CUDA_AVAILABLE", True)
        yield


@contextmanager
def counted_operators() -> Iterator[Counter[str]]:
    """Count the calls of each of mmcv's operators."""
    calls: Counter[str] = Counter()

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls[name] += 1
            return function(*args, **kwargs)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name, function in SUPPLIED.items():
            patch.setattr(sys.modules["mmcv._ext"], name, counting(name, function))
        yield calls
