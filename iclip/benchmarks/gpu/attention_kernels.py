"""Part 2: which of PyTorch's attention operators serves Swin, and what its bias costs."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.harness.settings import Peak, Settings
from iclip.benchmarks.harness.timing import seconds_of
from iclip.models.swin.window_attention import attend
from iclip.models.swin.windows import WindowGrid

NAME = "attention"
# Batch size, sides of a map and of a window in tokens, number of heads.
Maps = tuple[int, tuple[int, ...], tuple[int, ...], int]
# Stages of Swin-B and Video Swin-B.
CASES: dict[str, Maps] = {
    "image stage 1, 224, batch 128": (128, (56, 56), (7, 7), 4),
    "image stage 3, 224, batch 128": (128, (14, 14), (7, 7), 16),
    "image stage 1, 800x1333, batch 2": (2, (200, 334), (7, 7), 4),
    "video stage 1, 32x224, batch 8": (8, (16, 56, 56), (8, 7, 7), 4),
    "video stage 3, 32x224, batch 8": (8, (16, 14, 14), (8, 7, 7), 16),
}
TINY_CASES: dict[str, Maps] = {
    "image, tiny": (2, (14, 14), (7, 7), 2),
    "video, tiny": (1, (4, 8, 8), (2, 4, 4), 2),
}
HEAD_CHANNELS = 32  # of every Swin


class AttentionOperators(TorchDispatchMode):
    """Collects which of PyTorch's attention operators run.

    Attributes:
        names: The operators, in the order of their first call.
    """

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Note the operator and run it."""
        name = func.overloadpacket.__name__
        if "scaled_dot_product" in name and name not in self.names:
            self.names.append(name)
        return func(*args, **(kwargs or {}))


def run(settings: Settings, record: Record) -> None:
    """Record the operators, the time and the memory of each stage, shifted and not."""
    for name, maps in (TINY_CASES if settings.tiny else CASES).items():
        for shifted in (False, True):
            what = f"{name}, {'shifted' if shifted else 'not shifted'}"
            with record.attempt(NAME, what):
                _measure(what, maps, shifted, settings, record)
            settings.free()


def _measure(what: str, maps: Maps, shifted: bool, settings: Settings, record: Record) -> None:
    """Measure the attention of one stage, and record it under the name ``what``."""
    qkv, bias, masks, kinds = _inputs(maps, shifted, settings.device)

    def forward_backward() -> None:
        out = attend(qkv, bias, masks, kinds)
        out.backward(torch.ones_like(out))
        qkv.grad = bias.grad = None

    # The first call tells the operators and is the warm-up.
    with AttentionOperators() as operators:
        forward_backward()
    seconds = seconds_of(forward_backward, settings)
    with settings.memory() as peak:
        forward_backward()
    # Unshifted windows share the bias; with a shift, each window has its own: the bias plus a mask.
    windows = 1 if kinds is None else len(kinds)
    size = windows * bias.numel() * qkv.element_size() / 2**20
    names = ", ".join(name.removeprefix("_") for name in operators.names) or "none (in pieces)"
    record.add(NAME, f"{what}: operator", names)
    record.add(NAME, f"{what}: forward + backward", seconds * 1e3, "ms", _note(peak, qkv))
    record.add(NAME, f"{what}: bias of one call", size, "MiB", f"{windows} window(s); computed")


def _inputs(
    maps: Maps, shifted: bool, device: str
) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
    """Make random queries, keys and values, a bias, and the masks of shifted windows."""
    batch, sides, window, heads = maps
    grid = WindowGrid.for_map(sides, window, shifted)
    tokens, count = math.prod(grid.window), batch * math.prod(grid.counts)
    half = torch.bfloat16
    # 3, windows, heads, tokens, channels
    qkv = torch.randn(3, count, heads, tokens, HEAD_CHANNELS, device=device, dtype=half)
    bias = torch.randn(heads, tokens, tokens, device=device)
    masks, kinds = grid.masks(torch.device(device))
    return qkv.requires_grad_(), bias.requires_grad_(), masks, kinds


def _note(peak: Peak, qkv: Tensor) -> str:
    """Say the peak memory and the inputs' part of it; empty on a CPU."""
    if not peak.total:
        return ""
    size = qkv.numel() * qkv.element_size() / 2**30
    return f"{peak}; queries, keys and values {size:.2f} GiB"
