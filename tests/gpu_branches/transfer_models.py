"""Models of the transfers' configs, and the loss of a step."""

from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor, nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)

DOWNSTREAM = Path(__file__).resolve().parents[2] / "downstream"


def build(config: str, **backbone: Any) -> nn.Module:
    """The model of ``downstream/<config>``, its weights at random, with changes to its backbone."""
    cfg = Config.fromfile(DOWNSTREAM / config)
    cfg.model.backbone.update(backbone)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        return MODELS.build(cfg.model)


def build_two_blocks_per_stage(config: str) -> nn.Module:
    """Swin-B's widths; the further blocks repeat what these do."""
    arch = dict(embed_dims=128, depths=(2, 2, 2, 2), num_heads=(4, 8, 16, 32))
    # Without memory; mmaction spreads its drop path with a tensor whose values it needs.
    with torch.device("cpu" if "k400" in config else "meta"):
        return build(config, arch=arch)


def total(losses: dict[str, Any]) -> Tensor:
    """Sum of all losses, as mmengine adds them up."""
    parts: list[Tensor] = []
    for name, value in losses.items():
        if "loss" in name:
            parts += [part.sum() for part in (value if isinstance(value, list) else [value])]
    return torch.stack(parts).sum()
