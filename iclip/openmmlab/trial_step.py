"""Train a downstream task's small model for one step on a made-up batch.

It takes seconds, and on a GPU it runs the code that only a GPU runs.
"""

import math
from typing import Any

import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from mmengine.registry import MODELS, DefaultScope

from iclip.openmmlab.made_up_samples import made_up_batch
from iclip.shipped_configs import shipped_config

# Configs of small models that need no checkpoint.
CONFIGS = {
    "detection": "lvis_frcnn_scratch.py",
    "segmentation": "ade20k_maskformer_scratch.py",
    "video": "k400_video_swin_scratch.py",
}


def trial_step(task: str, device: str) -> float:
    """Train a small model for one step.

    Args:
        task: One of :data:`CONFIGS`.
        device: ``'cuda'`` or ``'cpu'``.

    Returns:
        The loss.

    Raises:
        FileNotFoundError: The package was copied without the configs.
        RuntimeError: The loss is not finite.
    """
    model, scope = small_model(task)
    with DefaultScope.overwrite_default_scope(scope):
        model.to(device).train()
        optimizer = OptimWrapper(torch.optim.SGD(model.parameters(), lr=1e-3))
        loss = float(model.train_step(made_up_batch(task), optimizer)["loss"])
    if not math.isfinite(loss):
        raise RuntimeError(f"the loss of a training step on {device} is {loss}")
    return loss


def small_model(task: str) -> tuple[Any, str]:
    """Build a task's small model with random weights; return it and its framework's scope."""
    cfg = Config.fromfile(shipped_config(f"downstream/toy/{CONFIGS[task]}"))
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model)
        model.init_weights()
    return model, cfg.default_scope
