"""Checkpoints of models with random weights."""

from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope

import iclip.openmmlab  # noqa: F401  (before the frameworks)


def save_random_weights(cfg: Config, path: Path) -> Path:
    """Save the weights of a config's model; return the file."""
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model)
    torch.save({"state_dict": model.state_dict(), "meta": {}}, path)
    return path
