"""The hub's Swin beside the frameworks' own, with the same weights: time and peak memory."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.checkpoints.swin_layouts import to_layout
from iclip.checkpoints.swin_tensors import BUFFERS
from iclip.models import SwinBackbone

# Name, batch, frames (0: an image), height, width.
CASES = {
    "image 224x224, batch 8": (8, 0, 224, 224),
    "image 800x1333, batch 1": (1, 0, 800, 1333),
    "video 16x224x224, batch 1": (1, 16, 224, 224),
}
SIDES = ("iclip", "peer")
PASSES = ("forward", "forward + backward")


@dataclass(frozen=True)
class Settings:
    """How to measure.

    Attributes:
        device: ``cpu`` or ``cuda``.
        bf16: Under bfloat16 autocast.
        threads: Of the CPU.
        rounds: After one warm-up.
    """

    device: str = "cpu"
    bf16: bool = False
    threads: int = 1
    rounds: int = 5

    def arguments(self) -> list[str]:
        """The same on the command line of tools/bench_backbones.py."""
        given = ["--device", self.device, "--threads", str(self.threads)]
        return [*given, "--bf16"] if self.bf16 else given


Run = Callable[[nn.Module, Tensor, Settings], None]


def measure(case: str, settings: Settings, script: str) -> list[dict[str, Any]]:
    """Return medians of forward and of forward + backward, with their peaks of memory.

    Args:
        case: One of :data:`CASES`.
        settings: How to measure.
        script: tools/bench_backbones.py, which measures the memory in a process of its own.
    """
    models, inputs = build(case, settings.device)
    rows = []
    for name, run in RUNS.items():
        times: dict[str, list[float]] = {side: [] for side in SIDES}
        for number in range(settings.rounds + 1):
            for side in SIDES:
                seconds = timed(run, models[side], inputs, settings)
                if number:
                    times[side].append(seconds)
        row: dict[str, Any] = {"case": case, "pass": name}
        row |= {side: statistics.median(times[side]) for side in SIDES}
        for side in SIDES:
            row[f"memory_{side}"] = _peak_in_a_process(script, case, name, side, settings)
        rows.append(row)
    return rows


def build(case: str, device: str) -> tuple[dict[str, nn.Module], Tensor]:
    """Both networks with the same weights, and an input."""
    batch, frames, height, width = CASES[case]
    torch.manual_seed(0)
    ours: nn.Module
    theirs: nn.Module
    if frames:
        from mmaction.models.backbones.swin import SwinTransformer3D

        from iclip.openmmlab.video.swin import VideoSwinBackbone

        ours = VideoSwinBackbone(arch="tiny", drop_path_rate=0.0, out_indices=(3,))
        theirs = SwinTransformer3D(arch="tiny", pretrained2d=False, drop_path_rate=0.0)
        theirs.load_state_dict(ours.state_dict())
        inputs = torch.randn(batch, 3, frames, height, width)
    else:
        from mmdet.models.backbones.swin import SwinTransformer

        ours = SwinBackbone(arch="tiny", drop_path_rate=0.0, out_indices=(0, 1, 2, 3))
        theirs = SwinTransformer(drop_path_rate=0.0)
        weights = to_layout(ours.state_dict(), "openmmlab")
        weights |= {n: b for n, b in theirs.named_buffers() if n.endswith(BUFFERS)}
        theirs.load_state_dict(weights)
        inputs = torch.randn(batch, 3, height, width)
    models = {"iclip": ours.to(device), "peer": theirs.to(device)}
    for model in models.values():
        model.train()
    return models, inputs.to(device)


def forward(model: nn.Module, inputs: Tensor, settings: Settings) -> None:
    """Inference."""
    with torch.no_grad(), torch.autocast(settings.device, torch.bfloat16, enabled=settings.bf16):
        model(inputs)


def backward(model: nn.Module, inputs: Tensor, settings: Settings) -> None:
    """Training without the optimizer's step."""
    model.zero_grad()
    with torch.autocast(settings.device, torch.bfloat16, enabled=settings.bf16):
        maps = model(inputs)
    maps = [maps] if isinstance(maps, Tensor) else maps
    torch.stack([feature.float().mean() for feature in maps]).sum().backward()


def timed(run: Run, model: nn.Module, inputs: Tensor, settings: Settings) -> float:
    """Seconds of one call."""
    _wait(settings.device)
    started = time.perf_counter()
    run(model, inputs, settings)
    _wait(settings.device)
    return time.perf_counter() - started


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


RUNS: dict[str, Run] = dict(zip(PASSES, (forward, backward), strict=True))


def peak_memory_gb(case: str, name: str, side: str, settings: Settings) -> float:
    """Peak memory of one pass above what the process held before it, in GB; on a GPU its peak."""
    models, inputs = build(case, settings.device)
    del models[next(other for other in SIDES if other != side)]
    before = _held("VmRSS")
    RUNS[name](models[side], inputs, settings)
    if settings.device == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    return _held("VmHWM") - before


def _held(key: str) -> float:
    """GB of this process; its own, where getrusage hands down the parent's peak."""
    lines: Sequence[str] = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith(key))
    return int(line.split()[1]) * 1024 / 1e9


def _peak_in_a_process(script: str, case: str, name: str, side: str, settings: Settings) -> float:
    command = [sys.executable, script, "--cases", case, "--peak-of", name, side]
    told = subprocess.run(
        [*command, *settings.arguments()], check=True, capture_output=True, text=True
    )
    return float(told.stdout.split()[-1])
