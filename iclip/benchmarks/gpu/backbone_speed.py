"""Part 3: Swin-B's training step, eager and compiled, beside timm's and mmdet's Swin."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim import AdamW

from iclip.benchmarks.gpu.kernel_times import record_kernels
from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.harness.machine import flops_of, rate_notes
from iclip.benchmarks.harness.settings import Settings
from iclip.benchmarks.harness.timing import medians, seconds_of
from iclip.benchmarks.inputs.made_up import TINY_ARCH
from iclip.models import SwinBackbone
from iclip.models.swin.arch import SwinArch

NAME = "backbone"


class BackboneStep:
    """Forward, backward and optimizer step of a network on noise.

    Args:
        network: It is moved to the device.
        pooled: Maps images (B, 3, H, W) to features (B, C) with the network's weights.
        images: The batch.
        settings: The device.
    """

    def __init__(
        self,
        network: nn.Module,
        pooled: Callable[[Tensor], Tensor],
        images: Tensor,
        settings: Settings,
    ) -> None:
        self.network = network.to(settings.device).train()
        self.pooled, self.images, self.settings = pooled, images, settings
        self.optimizer = AdamW(network.parameters(), lr=1e-4, fused=True)

    def __call__(self) -> None:
        """Take the step."""
        with self.settings.autocast():
            features = self.pooled(self.images)
        # Any loss will do that gives every weight a gradient.
        features.float().square().mean().backward()
        self.optimizer.step()
        self.optimizer.zero_grad()


def run(settings: Settings, record: Record) -> None:
    """Record images per second, share of the card's peak rate and memory of each network."""
    arch = SwinArch.parse(TINY_ARCH if settings.tiny else "base")
    batch, side = (2, 56) if settings.tiny else (128, 224)
    images = torch.randn(batch, 3, side, side, device=settings.device)
    steps = _steps(arch, images, settings, record)
    flops = 0
    with record.attempt(NAME, "work of a step"):
        flops = flops_of(steps["iclip"])
    # The compiler can take minutes, so what does not need it comes first.
    _compare(steps, flops, settings, record, share=0.3)
    with record.attempt(NAME, "iclip: kernels"):
        record_kernels(NAME, "iclip", steps["iclip"], settings, record)
    with record.attempt(NAME, "iclip, compiled"):
        compiled = _compiled(arch, images, settings, record)
        _compare({"iclip": steps["iclip"], "iclip, compiled": compiled}, flops, settings, record)
        record_kernels(NAME, "iclip, compiled", compiled, settings, record)


def _steps(
    arch: SwinArch, images: Tensor, settings: Settings, record: Record
) -> dict[str, BackboneStep]:
    """Build the steps of the hub's network and of those of the libraries that are installed."""
    steps = {}
    ours = _ours(arch)
    steps["iclip"] = BackboneStep(ours, ours.forward_pooled, images, settings)
    with record.attempt(NAME, "timm"):
        from iclip.benchmarks.peers.image_backbones import timm_swin

        theirs = timm_swin(arch, images.shape[-1])
        steps["timm"] = BackboneStep(theirs, theirs, images, settings)
    with record.attempt(NAME, "mmdet"):
        from iclip.benchmarks.peers.image_backbones import mmdet_swin

        theirs = mmdet_swin(arch)
        steps["mmdet"] = BackboneStep(theirs, theirs, images, settings)
    return steps


def _ours(arch: SwinArch) -> SwinBackbone:
    """Build the hub's backbone without stochastic depth, as the others are built."""
    sizes = dict(embed_dims=arch.embed_dims, depths=arch.depths, num_heads=arch.num_heads)
    return SwinBackbone(arch=sizes, drop_path_rate=0.0)


def _compiled(arch: SwinArch, images: Tensor, settings: Settings, record: Record) -> BackboneStep:
    """Compile the hub's step, and record the time of the first call, in which that happens."""
    ours = _ours(arch)
    # On a CPU, inductor needs a C++ compiler; "eager" checks that the graph is captured.
    backend = "inductor" if settings.device == "cuda" else "eager"
    step = BackboneStep(ours, torch.compile(ours.forward_pooled, backend=backend), images, settings)
    record.add(NAME, "compilation", seconds_of(step, settings), "s", "the first compiled step")
    return step


def _compare(
    steps: dict[str, BackboneStep],
    flops: int,
    settings: Settings,
    record: Record,
    share: float = 1.0,
) -> None:
    """Measure steps in turn, and record the rate and the memory of each.

    Args:
        steps: The steps by name, the hub's under ``iclip``.
        flops: Floating-point operations of a step.
        settings: The device and the deadline.
        record: Receives the measurements.
        share: Share of the remaining time that may be used.
    """
    seconds, rounds = medians(steps, settings, share)
    count, _, side, _ = next(iter(steps.values())).images.shape
    for name, step_seconds in seconds.items():
        with settings.memory() as peak:
            steps[name]()
        notes = [f"{side} px, batch {count}, bf16, {rounds} rounds"]
        notes += rate_notes(flops, step_seconds, settings.device)
        notes += [str(peak)] if peak.total else []
        ratio = step_seconds / seconds["iclip"]
        notes.append(f"time over iclip's {ratio:.2f}")
        what, rate = f"{name}: forward + backward + optimizer", count / step_seconds
        record.add(NAME, what, rate, "images/s", "; ".join(notes))
