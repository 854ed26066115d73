"""A run's folder with its written config, as mmengine reads it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from torch import nn

import iclip.openmmlab  # noqa: F401  (before the frameworks' configs)
from iclip.finetune.asked import Asked
from iclip.finetune.choice import Choice
from iclip.finetune.tasks import task_named
from iclip.finetune.written_config import written_config


def written(
    folder: Path, choice: Choice, options: Mapping[str, Any] | None = None, **asked: Any
) -> Config:
    """Write the config of a choice, and read it."""
    task = choice.data.task
    asked_for = Asked(task, "pets", epochs=3, **asked)
    text = written_config(task_named(task), choice, asked_for, options)
    (folder / "config.py").write_text(text, encoding="utf-8")
    return Config.fromfile(folder / "config.py")


def built(cfg: Config) -> nn.Module:
    """Build the config's model without memory, but for video's."""
    # mmaction spreads its drop path with a tensor whose values it needs.
    device = torch.device("cpu" if cfg.default_scope == "mmaction" else "meta")
    cfg.model.backbone.checkpoint = None
    with DefaultScope.overwrite_default_scope(cfg.default_scope), device:
        return MODELS.build(cfg.model)
