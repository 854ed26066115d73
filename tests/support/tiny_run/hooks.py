"""Hooks that write down what a run computed, or that interrupt it."""

import errno
import json
import os
import signal
from pathlib import Path
from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper

from iclip.engine.micro_batches import micro_batches_of
from iclip.engine.saving import run_folder
from iclip.ranks.this_rank import this_rank
from iclip.registry import HOOKS


@HOOKS.register_module(force=True)
class Record(Hook):
    """Write each iteration's exact losses and learning rate, and each validation's metrics."""

    # After the schedulers, before the checkpoint.
    priority = "LOW"

    def __init__(self, path: str) -> None:
        self.path = path

    def write(self, **record: Any) -> None:
        with open(self.path, "a") as file:
            file.write(json.dumps(record) + "\n")

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any, outputs: Any) -> None:
        # Empty for a step that was skipped.
        losses = {name: value.item().hex() for name, value in outputs.items()}
        first = data_batch["inputs"].flatten()[:4].tolist()
        lr = runner.optim_wrapper.get_lr()["lr"][0]
        self.write(iteration=runner.iter, **losses, lr=lr, first=first, rank=runner.rank)

    def after_val_epoch(self, runner: Any, metrics: Any = None) -> None:
        self.write(validated=runner.iter, **metrics)


@HOOKS.register_module(force=True)
class RecordSamples(Hook):
    """Write each iteration's losses, and its images by their first pixels."""

    def __init__(self, path: str) -> None:
        self.path = path

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any, outputs: Any) -> None:
        batches = micro_batches_of(data_batch)
        record = dict(
            iteration=runner.iter,
            rank=runner.rank,
            parts=len(batches),
            losses={name: value.item() for name, value in outputs.items() if "loss" in name},
            samples=[
                image.flatten()[:6].tolist() for batch in batches for image in batch["inputs"]
            ],
        )
        with open(self.path, "a") as file:
            file.write(json.dumps(record) + "\n")


@HOOKS.register_module(force=True)
class RecordWeight(Hook):
    """Write the sum of a weight after each iteration."""

    def __init__(self, path: str = "") -> None:
        self.path = path

    def after_train_iter(self, runner: Any, batch_idx: int, **_: Any) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        with open(self.path, "a") as file:
            file.write(f"{model.text_encoder.weight.sum().item()}\n")


@HOOKS.register_module(force=True)
class FailAfter(Hook):
    """Raise an error of the code after an iteration, on one rank."""

    def __init__(self, iteration: int, fault: str, rank: int = 0) -> None:
        self.iteration, self.fault, self.rank = iteration, fault, rank

    def after_train_iter(self, runner: Any, batch_idx: int, **_: Any) -> None:
        if (runner.iter, runner.rank) != (self.iteration, self.rank):
            return
        if self.fault == "ValueError":
            raise ValueError("shapes do not fit")
        if self.fault == "FileNotFoundError":
            Path("absent.txt").read_text()
        raise AssertionError("an invariant")


@HOOKS.register_module(force=True)
class KillAfter(Hook):
    """Kill the process after an iteration, as ``kill -9`` does.

    Args:
        iteration: After which one.
        rank: Of which process; None for all.
        restarts: How often the run has been started again; None for any number.
    """

    priority = "LOWEST"

    def __init__(
        self, iteration: int, rank: int | None = None, restarts: int | None = None
    ) -> None:
        self.iteration, self.rank, self.restarts = iteration, rank, restarts

    def after_train_iter(self, runner: Any, batch_idx: int, **_: Any) -> None:
        is_due = self.restarts in (None, this_rank().restarts)
        if is_due and runner.iter == self.iteration and self.rank in (None, runner.rank):
            kill_myself()


@HOOKS.register_module(force=True)
class FreezeAfter(Hook):
    """Stop a rank's process after an iteration, as ``kill -STOP`` does."""

    def __init__(self, iteration: int, rank: int) -> None:
        self.iteration, self.rank = iteration, rank

    def after_train_iter(self, runner: Any, batch_idx: int, **_: Any) -> None:
        if (runner.iter, runner.rank) == (self.iteration, self.rank):
            os.kill(os.getpid(), signal.SIGSTOP)


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@HOOKS.register_module(force=True)
class FullDisk(Hook):
    """From an iteration's checkpoint on, the disk takes no more bytes."""

    def __init__(self, iteration: int) -> None:
        self.iteration = iteration

    def before_train(self, runner: Any) -> None:
        save = run_folder._save

        def fails(content: Any, file: Any) -> None:
            if content["meta"]["iter"] >= self.iteration:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            save(content, file)

        run_folder._save = fails
