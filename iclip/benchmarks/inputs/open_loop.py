"""A training loop that stands before its next iteration, for measuring one at a time."""

import tempfile
from collections.abc import Sequence
from typing import Any

from mmengine.config import Config
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from iclip.engine.runner import HubRunner
from iclip.shipped_configs import shipped_config


def open_loop(config: str, model: nn.Module, hooks: Sequence[str], name: str) -> Any:
    """Build the loop of a config around a model, up to its first iteration.

    ``run_iter(micro_batches)`` then is an iteration of training, with mmengine's own hooks but for
    the log and the checkpoints.

    Args:
        config: File below ``configs/``; the optimizer is its.
        model: The model.
        hooks: Types of those of the config's hooks that are called.
        name: Another one for each loop of a process.
    """
    cfg = Config.fromfile(shipped_config(f"configs/{config}"))
    folder = tempfile.TemporaryDirectory(prefix="iclip-loop-")
    runner = HubRunner(
        model,
        folder.name,
        # Never read: the caller gives each iteration its batch.
        train_dataloader=DataLoader(TensorDataset()),
        train_cfg=dict(type="ResumableTrainLoop", max_iters=10**9),
        optim_wrapper=cfg.optim_wrapper,
        default_hooks=dict.fromkeys(("logger", "checkpoint", "param_scheduler", "sampler_seed")),
        custom_hooks=[hook for hook in cfg.custom_hooks if hook.type in hooks],
        default_scope="iclip",
        experiment_name=name,
        log_level="WARNING",
    )
    loop: Any = runner.build_train_loop(runner._train_loop)
    runner._train_loop = loop
    runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)
    runner.optim_wrapper.initialize_count_status(model, 0, loop.max_iters)
    for place in ("before_run", "before_train", "before_train_epoch"):
        runner.call_hook(place)
    loop._consumed = {}
    loop.folder = folder  # is removed with it
    return loop
