"""A hook to which something happens at a moment of a run."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmengine.hooks import Hook

from iclip.engine.unwrap_model import unwrap
from iclip.files import atomic as atomic_files
from iclip.ranks.this_rank import this_rank
from iclip.registry import HOOKS

MOMENTS = ("starting", "loading", "forward", "backward", "step", "saving", "validating")


@HOOKS.register_module(force=True)
class Disturb(Hook):
    """Disturb a rank once, at a moment of an iteration.

    Args:
        moment: One of :data:`MOMENTS`.
        iteration: When: for ``'saving'`` and ``'validating'`` the number of iterations that are
            done, else that of the current one, from 0. ``'starting'`` comes before the first.
        action: The name of a signal that the rank gets; ``'MemoryError'``, which is raised; or
            ``'worker'``: one of its data workers is killed, as by a system without memory;
            ``'torchrun'``: the process that started the rank is killed.
        rank: Which rank. Nothing happens to a run that torchrun has started again.
    """

    # Later than those that are to have done their part.
    priority = "LOWEST"

    def __init__(self, moment: str, iteration: int, action: str, rank: int = 0) -> None:
        assert moment in MOMENTS, moment
        self.moment, self.iteration, self.action, self.rank = moment, iteration, action, rank
        self.done = False

    def before_run(self, runner: Any) -> None:
        self.runner, self.process, self.parent = runner, os.getpid(), os.getppid()
        if self.moment == "starting" and runner.rank == self.rank:
            self._act()

    def before_train(self, runner: Any) -> None:
        if runner.rank != self.rank or this_rank().restarts > 0:
            return
        model = unwrap(runner.model)
        if self.moment == "loading":
            self._when_read(runner.train_dataloader.dataset)
        elif self.moment == "forward":
            model.backbone.register_forward_pre_hook(lambda *_: self._in_training())
        elif self.moment == "backward":
            next(model.backbone.parameters()).register_hook(lambda _: self._in_training())
        elif self.moment == "step":
            runner.optim_wrapper.optimizer.register_step_pre_hook(lambda *_: self._in_training())
        elif self.moment == "saving":
            self._when_written(atomic_files.os.fsync)

    def before_val_iter(self, runner: Any, batch_idx: int, data_batch: Any = None) -> None:
        is_due = self.moment == "validating" and runner.iter == self.iteration
        if is_due and runner.rank == self.rank:
            self._act()

    def _in_training(self) -> None:
        if self.runner.model.training and self.runner.iter == self.iteration:
            self._act()

    def _when_read(self, dataset: Any) -> None:
        """Act when a data worker, or the rank itself, reads a sample of the iteration."""
        read, first = dataset.__getitem__, self.iteration * 4

        def getitem(_: Any, key: Any) -> Any:
            if key.index >= first:
                self._act()
            return read(key)

        dataset.__class__ = type("Disturbed", (type(dataset),), {"__getitem__": getitem})

    def _when_written(self, fsync: Callable[[int], None]) -> None:
        """Act when the iteration's checkpoint is being written; a kill leaves half of it."""

        def half_written(descriptor: int) -> None:
            name = Path(os.readlink(f"/proc/self/fd/{descriptor}")).name
            if name.startswith(f"iter_{self.iteration}.pth."):
                if self.action == "SIGKILL":
                    os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
                self._act()
            fsync(descriptor)

        atomic_files.os.fsync = half_written

    def _act(self) -> None:
        if self.done or this_rank().restarts > 0:
            return
        self.done = True
        if self.action == "MemoryError":
            raise MemoryError
        if self.action == "worker":
            os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
        elif self.action == "torchrun":
            os.kill(self.parent, signal.SIGKILL)
        else:
            os.kill(self.process, getattr(signal, self.action))
