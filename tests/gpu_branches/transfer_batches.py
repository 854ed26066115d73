"""Models of the transfers' configs, and batches for them as their data loaders give them."""

from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from mmengine.structures import InstanceData, PixelData
from torch import Tensor, nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from mmaction.structures import ActionDataSample  # isort: skip
from mmdet.structures import DetDataSample  # isort: skip
from mmseg.structures import SegDataSample  # isort: skip

DOWNSTREAM = Path(__file__).resolve().parents[2] / "downstream"


def build(config: str, **backbone: Any) -> nn.Module:
    """The model of ``downstream/<config>``, its weights at random, with changes to its backbone."""
    cfg = Config.fromfile(DOWNSTREAM / config)
    cfg.model.backbone.update(backbone)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        return MODELS.build(cfg.model)


def build_two_blocks_a_stage(config: str) -> nn.Module:
    """Swin-B's widths; the further blocks repeat what these do."""
    arch = dict(embed_dims=128, depths=(2, 2, 2, 2), num_heads=(4, 8, 16, 32))
    # Without memory; mmaction spreads its drop path with a tensor whose values it needs.
    with torch.device("cpu" if "k400" in config else "meta"):
        return build(config, arch=arch)


def detection(height: int, width: int) -> dict[str, Any]:
    """Two images with two boxes each."""
    sides = torch.tensor([width, height, width, height])
    boxes = torch.tensor([[0.1, 0.1, 0.5, 0.6], [0.4, 0.3, 0.9, 0.9]]) * sides
    samples = []
    for first in (1, 3):
        sample = DetDataSample(metainfo=dict(img_shape=(height, width), scale_factor=(1.0, 1.0)))
        sample.set_metainfo(dict(ori_shape=(height, width)))
        sample.gt_instances = InstanceData(bboxes=boxes, labels=torch.tensor([first, 5]))
        samples.append(sample)
    return {"inputs": [pixels(3, height, width) for _ in samples], "data_samples": samples}


def segmentation(side: int) -> dict[str, Any]:
    """Two images, a region of another class in each and pixels without a label."""
    samples = []
    for number in (2, 7):
        labels = torch.zeros(1, side, side, dtype=torch.int64)
        labels[:, side // 4 : side // 2, : side // 2] = number
        labels[:, -side // 8 :] = 255
        sample = SegDataSample(metainfo=dict(img_shape=(side, side), ori_shape=(side, side)))
        sample.gt_sem_seg = PixelData(data=labels)
        samples.append(sample)
    return {"inputs": [pixels(3, side, side) for _ in samples], "data_samples": samples}


def video(frames: int, side: int) -> dict[str, Any]:
    """Two clips."""
    samples = [ActionDataSample().set_gt_label(label) for label in (0, 3)]
    return {"inputs": [pixels(1, 3, frames, side, side) for _ in samples], "data_samples": samples}


def pixels(*shape: int) -> Tensor:
    """Random bytes."""
    return torch.randint(0, 256, shape, dtype=torch.uint8)


def total(losses: dict[str, Any]) -> Tensor:
    """Sum of all losses, as mmengine adds them up."""
    parts: list[Tensor] = []
    for name, value in losses.items():
        if "loss" in name:
            parts += [part.sum() for part in (value if isinstance(value, list) else [value])]
    return torch.stack(parts).sum()
