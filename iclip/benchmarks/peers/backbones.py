"""The hub's Swin beside the frameworks' own, with the same weights: time and peak memory."""

import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.benchmarks.settings import Settings
from iclip.benchmarks.timing import medians
from iclip.checkpoints.swin_layouts import to_layout
from iclip.checkpoints.swin_tensors import BUFFERS
from iclip.models import SwinBackbone

# By name: batch, frames (0: an image), height, width.
CASES = {
    "image 224x224, batch 8": (8, 0, 224, 224),
    "image 800x1333, batch 1": (1, 0, 800, 1333),
    "video 16x224x224, batch 1": (1, 16, 224, 224),
}
SIDES = ("iclip", "peer")
PASSES = ("forward", "forward + backward")


@dataclass(frozen=True)
class Case:
    """What is measured, and how.

    Attributes:
        name: One of :data:`CASES`.
        settings: The device and the number of rounds.
        bf16: Whether to run under bfloat16 autocast.
        threads: Number of the CPU's threads.
    """

    name: str
    settings: Settings
    bf16: bool = False
    threads: int = 1

    def arguments(self) -> list[str]:
        """Return the options of tools/bench_backbones.py that give this case."""
        given = ["--cases", self.name, "--device", self.settings.device]
        return [*given, "--threads", str(self.threads), *(["--bf16"] if self.bf16 else [])]


@dataclass(frozen=True)
class BackbonePass:
    """A forward pass of a backbone, with or without the backward pass.

    Attributes:
        model: The backbone.
        inputs: Images (B, 3, H, W) or videos (B, 3, T, H, W).
        case: The precision.
        name: One of :data:`PASSES`.
    """

    model: nn.Module
    inputs: Tensor
    case: Case
    name: str

    def __call__(self) -> None:
        """Run the pass."""
        trains = self.name == PASSES[1]
        if trains:
            self.model.zero_grad()
        precision = self.case.settings.autocast() if self.case.bf16 else nullcontext()
        with torch.set_grad_enabled(trains), precision:
            maps = self.model(self.inputs)
        if trains:
            # Any loss will do that gives every map a gradient.
            maps = [maps] if isinstance(maps, Tensor) else maps
            torch.stack([feature.float().mean() for feature in maps]).sum().backward()


def measure(case: Case, script: str) -> list[dict[str, Any]]:
    """Measure median times and peak memory of each of :data:`PASSES`.

    Args:
        case: What to measure.
        script: tools/bench_backbones.py, which measures the memory in a process of its own.
    """
    models, inputs = build(case)
    rows = []
    for name in PASSES:
        passes = {side: BackbonePass(model, inputs, case, name) for side, model in models.items()}
        seconds, _ = medians(passes, case.settings)
        memory = {
            f"memory_{side}": peak_memory_in_a_process(case, name, side, script) for side in SIDES
        }
        rows.append({"case": case.name, "pass": name, **seconds, **memory})
    return rows


def build(case: Case) -> tuple[dict[str, nn.Module], Tensor]:
    """Build both networks with the same weights, by side, and an input."""
    batch, frames, height, width = CASES[case.name]
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
    device = case.settings.device
    models = dict(zip(SIDES, (ours.to(device), theirs.to(device)), strict=True))
    for model in models.values():
        model.train()
    return models, inputs.to(device)


def peak_memory_gb(case: Case, name: str, side: str) -> float:
    """Measure the peak memory of one pass in GB, on a CPU above what the process held before."""
    models, inputs = build(case)
    run = BackbonePass(models.pop(side), inputs, case, name)
    models.clear()  # frees the other network
    before = _memory_gb("VmRSS")
    run()
    if case.settings.device == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    return _memory_gb("VmHWM") - before


def peak_memory_in_a_process(case: Case, name: str, side: str, script: str) -> float:
    """Measure :func:`peak_memory_gb` in a process that has done nothing before."""
    command = [sys.executable, script, *case.arguments(), "--peak-of", name, side]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(told.stdout.split()[-1])


def _memory_gb(key: str) -> float:
    """Read a line of this process's status; ``getrusage`` would inherit the parent's peak."""
    lines: Sequence[str] = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith(key))
    return int(line.split()[1]) * 1024 / 1e9
