"""The watch over the ranks knows the phases of a step, and how long they may last."""

from pathlib import Path
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

from iclip.engine import run_log
from iclip.engine.unwrap_model import unwrap
from iclip.ranks.phases import WAITING, current_phase, enter
from iclip.ranks.watch import current_watch
from iclip.registry import HOOKS

LOADING, FORWARD = "loading data", "forward pass"
# DistributedDataParallel exchanges gradients in it.
BACKWARD = f"backward pass, or {WAITING}"
OPTIMIZER, AFTER_STEP = "optimizer's step", "hooks after the step"
VALIDATING = "validating"


@HOOKS.register_module()
class WatchRanks(Hook):
    """Tell :mod:`iclip.ranks.phases` what a training does, and so the watch over the ranks.

    A rank whose phase lasts longer than its limit says which one it is, with the stacks of its
    threads and what all ranks are doing, and ends with exit code 124 (:mod:`iclip.ranks.watch`). A
    phase of a step has ``step_limit``; the first step, which starts data workers and compiles, and
    each batch of a validation have ``env_cfg.dist_cfg.timeout``; saving has none. Ranks that wait
    for one within its limit go on waiting, up to that time-out. Only those of torchrun and Slurm
    are watched.

    On a GPU, a phase is what Python waits in, which is behind what it has started.

    Args:
        step_limit: Seconds.

    Raises:
        ValueError: ``step_limit`` is not a number above 0.
    """

    # The last of the hooks before a step, and of those after it.
    priority = "LOWEST"

    def __init__(self, step_limit: float = 600) -> None:
        if isinstance(step_limit, bool) or not 0 < step_limit < float("inf"):
            raise ValueError(
                f"WatchRanks.step_limit is {step_limit!r}; it takes the seconds, above 0, that a "
                "rank may load data, or be in one pass of a step, before it ends"
            )
        self.step_limit = step_limit
        # Of the first step and of validations, and of the current step.
        self.long_limit: float | None = None
        self.limit: float | None = None

    def before_train(self, runner: Runner) -> None:
        """Follow the model's passes and the optimizer's steps."""
        watch = current_watch()
        if watch is not None:
            watch.folder, watch.log = Path(runner.log_dir), run_log.append
            self.limit = self.long_limit = watch.timeout_s
        model, optimizer = unwrap(runner.model), runner.optim_wrapper.optimizer
        model.register_forward_pre_hook(lambda module, _: self._pass(module, FORWARD))
        model.register_forward_hook(lambda module, *_: self._pass(module, BACKWARD))
        optimizer.register_step_pre_hook(lambda *_: self._enter(OPTIMIZER))
        optimizer.register_step_post_hook(lambda *_: self._enter(AFTER_STEP))
        # What the other hooks and the loop do before the first batch.
        enter("preparing the first step", runner.iter + 1, self.limit)

    def before_train_epoch(self, runner: Runner) -> None:
        """Wait for the first batch."""
        enter(LOADING, runner.iter + 1, self.limit)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Begin a step, whose batch is there."""
        enter(FORWARD, runner.iter + 1, self.limit)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Wait for the next batch."""
        self.limit = self.step_limit
        enter(LOADING, runner.iter + 2, self.limit)

    def before_val(self, runner: Runner) -> None:
        """Begin to validate."""
        enter(VALIDATING, limit_s=self.long_limit)

    def after_val_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Say that the validation goes on."""
        enter(VALIDATING, limit_s=self.long_limit)

    def after_val(self, runner: Runner) -> None:
        """Go back to training."""
        enter(LOADING, limit_s=self.limit)

    def after_train_epoch(self, runner: Runner) -> None:
        """End the steps, or those of an epoch."""
        enter("ending an epoch")

    def _pass(self, module: nn.Module, name: str) -> None:
        # The hub's own hooks may validate within a step.
        if module.training:
            self._enter(name)

    def _enter(self, name: str) -> None:
        enter(name, limit_s=current_phase().limit_s)
