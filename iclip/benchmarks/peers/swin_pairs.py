"""The hub's Swin and a framework's own with the same weights, and their passes."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.benchmarks.harness.settings import Settings
from iclip.checkpoints.swin_layouts import to_layout
from iclip.checkpoints.swin_tensors import BUFFERS
from iclip.models import SwinBackbone

SIDES = ("iclip", "mmdet")
VIDEO_SIDES = ("iclip", "mmaction")
PASSES = ("forward", "forward + backward")


@dataclass(frozen=True)
class BackbonePass:
    """A forward pass of a backbone, with or without the backward pass.

    Attributes:
        model: The backbone.
        inputs: Images (B, 3, H, W) or videos (B, 3, T, H, W).
        name: One of :data:`PASSES`.
        settings: The device.
        bf16: Whether to run under bfloat16 autocast.
    """

    model: nn.Module
    inputs: Tensor
    name: str
    settings: Settings
    bf16: bool = False

    def __call__(self) -> None:
        """Run the pass."""
        trains = self.name == PASSES[1]
        if trains:
            self.model.zero_grad()
        precision = self.settings.autocast() if self.bf16 else nullcontext()
        with torch.set_grad_enabled(trains), precision:
            maps = self.model(self.inputs)
        if trains:
            # Any loss will do that gives every map a gradient.
            maps = [maps] if isinstance(maps, Tensor) else maps
            torch.stack([feature.float().mean() for feature in maps]).sum().backward()


def swin(side: str) -> nn.Module:
    """Build one of :data:`SIDES`, with maps of all stages; Swin-T, all with the same weights."""
    torch.manual_seed(0)
    ours = SwinBackbone(arch="tiny", drop_path_rate=0.0, out_indices=(0, 1, 2, 3))
    if side == "iclip":
        return ours.train()
    from mmdet.models.backbones.swin import SwinTransformer

    theirs = SwinTransformer(drop_path_rate=0.0)
    weights = to_layout(ours.state_dict(), "openmmlab")
    weights |= {n: b for n, b in theirs.named_buffers() if n.endswith(BUFFERS)}
    theirs.load_state_dict(weights)
    theirs.train()  # on its own line, since mmdet's returns None
    return theirs


def video_swin(side: str) -> nn.Module:
    """Build one of :data:`VIDEO_SIDES`, with the last map; Swin-T, all with the same weights."""
    from mmaction.models.backbones.swin import SwinTransformer3D

    from iclip.openmmlab.video.swin import VideoSwinBackbone

    torch.manual_seed(0)
    ours = VideoSwinBackbone(arch="tiny", drop_path_rate=0.0, out_indices=(3,))
    theirs = SwinTransformer3D(arch="tiny", pretrained2d=False, drop_path_rate=0.0)
    theirs.load_state_dict(ours.state_dict())
    model = ours if side == "iclip" else theirs
    model.train()
    return model


def random_inputs(shape: Sequence[int]) -> Tensor:
    """Draw images or videos."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))
