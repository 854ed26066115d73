"""Checkpoints are written whole or not at all, beside the training."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner

from iclip.distributed import from_rank_0
from iclip.engine.saving.background import BackgroundJob
from iclip.engine.saving.checkpoint_files import FINITE
from iclip.engine.saving.checkpoint_meta import describe_run
from iclip.engine.saving.content import (
    checkpoint_content,
    losses_of,
    weights_are_finite,
    without_training_state,
)
from iclip.engine.saving.disk_space import (
    check_space_for_run,
    content_bytes,
    expected_bytes,
    kept_checkpoints,
)
from iclip.engine.saving.intervals import check_intervals
from iclip.engine.saving.retention import Milestones
from iclip.engine.saving.run_folder import RunFolder
from iclip.engine.saving.snapshot import Snapshot
from iclip.engine.step_flags import NOT_FINITE_SINCE, SAVE_FAILED, step_flags_of
from iclip.engine.unwrap_model import unwrap
from iclip.files.atomic import remove_temporary_files
from iclip.messages import listing
from iclip.ranks.phases import during
from iclip.registry import HOOKS
from iclip.settings import whole_number

# The phase in which rank 0 keeps the training from going on, see iclip.ranks.phases.
SAVING = "saving a checkpoint"


@dataclass(frozen=True)
class BestFile:
    """The file of the best weights.

    Attributes:
        name: Its name.
        former: The one before, removed when the new one is written.
    """

    name: str
    former: Path | None


@HOOKS.register_module()
class AtomicCheckpoint(CheckpointHook):
    """Save ``iter_N.pth`` such that neither a kill nor a full disk costs an earlier checkpoint.

    :class:`~iclip.engine.saving.run_folder.RunFolder` writes; the temporary file of a killed run is
    removed at the next start. Nothing is saved between a step that was not finite and the next one
    that is. Rank 0 alone writes. If it cannot, all ranks stop after one of the next steps.

    ``meta`` holds mmengine's content, that of
    :func:`~iclip.engine.saving.checkpoint_meta.describe_run`, the step's ``losses``, and whether
    the weights are ``finite``.

    Args:
        interval: Iterations between checkpoints; a multiple of the accumulated iterations.
        by_epoch: Count epochs instead, and name the files ``epoch_N.pth`` (downstream tasks).
        max_keep_ckpts: How many of the newest checkpoints are kept; -1 keeps all. The newest one
            with finite weights is kept in any case.
        keep_every: The first checkpoint of each so many iterations (epochs) is kept, too, as a way
            back from a slow divergence.
        save_best: Metric whose best weights are kept as ``best_<metric>_iter_N.pth``.
        rule: ``'greater'`` or ``'less'``, for a ``save_best`` that mmengine does not know.
        in_background: Write beside the training, which stops only while the state is copied. The
            copy takes as much of rank 0's memory as the file takes of the disk.
    """

    def __init__(
        self,
        interval: int,
        by_epoch: bool = False,
        max_keep_ckpts: int = 2,
        keep_every: int | None = None,
        save_best: str | None = None,
        rule: str | None = None,
        in_background: bool = True,
    ) -> None:
        if interval < 1 or max_keep_ckpts == 0 or max_keep_ckpts < -1:
            raise ValueError(
                f"default_hooks.checkpoint has interval={interval}, max_keep_ckpts="
                f"{max_keep_ckpts}; they take interval >= 1, max_keep_ckpts >= 1 or -1 for all"
            )
        if keep_every is not None:
            keep_every = whole_number("default_hooks.checkpoint.keep_every", keep_every)
        super().__init__(
            interval=interval,
            by_epoch=by_epoch,
            # RunFolder prunes: mmengine removes an old checkpoint before it writes the new one.
            max_keep_ckpts=-1,
            save_best=save_best,
            rule=rule,
        )
        self.keep, self.keep_every, self.in_background = max_keep_ckpts, keep_every, in_background
        self._snapshot, self._job = Snapshot(), BackgroundJob()
        # The outputs of the last step, whose losses go into `meta`.
        self._outputs: Mapping[str, Any] | None = None

    def before_train(self, runner: Runner) -> None:
        """Check that a resume can be exact, remove half-written files, and look for room."""
        super().before_train(runner)
        if not self.by_epoch:
            intervals = {"default_hooks.checkpoint.interval": self.interval}
            if self.save_best is not None:
                intervals["train_cfg.val_interval"] = runner.val_interval
            check_intervals(intervals, getattr(runner.optim_wrapper, "_accumulative_counts", 1))
        milestones = None if self.keep_every is None else Milestones(self.keep_every, self.interval)
        self.folder = RunFolder(Path(self.out_dir), self.keep, milestones)
        if is_main_process():
            for start in ("*.pth", "last_checkpoint"):
                for file in remove_temporary_files(self.out_dir, start):
                    runner.logger.warning(f"Removed {file}, half-written by a run that was killed")
        from_rank_0(partial(self._check_space, runner))
        if self.in_background and is_main_process():
            # Allocates most of the memory of the copies now, and not while the ranks wait.
            model, optimizer = unwrap(runner.model), runner.optim_wrapper.optimizer
            self._snapshot.take([model.state_dict(), optimizer.state_dict()])

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Stop all ranks if rank 0 could not write, or save if it is time."""
        self._outputs = outputs
        flags = step_flags_of(runner)
        if self._job.has_failed:
            flags.raise_flag(SAVE_FAILED)
        flags.settle(runner.iter)
        if flags.is_agreed(SAVE_FAILED):
            from_rank_0(self.wait)
        super().after_train_iter(runner, batch_idx, data_batch, outputs)

    def after_train(self, runner: Runner) -> None:
        """Wait for the last checkpoint."""
        from_rank_0(self.wait)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Add the run's description to the checkpoint's ``meta``."""
        checkpoint["meta"].update(describe_run(runner))
        checkpoint["meta"]["losses"] = losses_of(self._outputs)

    @during(SAVING)
    def wait(self) -> None:
        """Wait until the last checkpoint lies on the disk; on other ranks than 0, return at once.

        Raises:
            OSError: It could not be written. It is raised once.
        """
        self._job.wait()

    def save_at(self, runner: Runner, iteration: int, epoch: int) -> None:
        """Save a checkpoint outside the interval, unless it is the last one saved.

        Args:
            runner: The runner.
            iteration: Iterations that are done.
            epoch: Epochs that are done.
        """
        step = epoch if self.by_epoch else iteration
        if Path(self.last_ckpt or "").name != self.filename_tmpl.format(step):
            meta = dict(epoch=epoch, iter=iteration)
            self._save_checkpoint_with_step(runner, step, meta=meta)

    def _save_checkpoint_with_step(
        self, runner: Runner, step: int, meta: dict[str, Any], best: BestFile | None = None
    ) -> None:
        # mmengine calls this for every checkpoint.
        since = runner.message_hub.get_info(NOT_FINITE_SINCE)
        if since is not None:
            runner.logger.warning(
                f"No checkpoint is saved: iteration {since:,} was not finite, nor any after it"
            )
            return
        self.last_ckpt = os.path.join(self.out_dir, self.filename_tmpl.format(step))
        runner.message_hub.update_info("last_ckpt", self.last_ckpt)
        from_rank_0(partial(self._start_saving, runner, Path(self.last_ckpt).name, meta, best))

    @during(SAVING)
    def _start_saving(
        self, runner: Runner, name: str, meta: dict[str, Any], best: BestFile | None
    ) -> None:
        """Take what is to be saved, and have it written; called on rank 0.

        Raises:
            OSError: There is no room, or the checkpoint before could not be written.
        """
        self.wait()
        content = checkpoint_content(runner, meta)
        buffers = frozenset(name for name, _ in unwrap(runner.model).named_buffers())
        self.folder.check_room(content_bytes(content))
        if self.in_background:
            content = self._snapshot.take(content)
            self._job.start(partial(self._write, content, name, buffers, best))
        else:
            self._write(content, name, buffers, best)

    def _write(
        self, content: dict[str, Any], name: str, buffers: frozenset[str], best: BestFile | None
    ) -> None:
        content["meta"][FINITE] = weights_are_finite(content, buffers)
        if best is not None:
            self.folder.write(without_training_state(content), best.name)
        self.folder.save(content, name)
        if best is not None and best.former not in (None, self.folder.path / best.name):
            best.former.unlink(missing_ok=True)

    def _save_best_checkpoint(self, runner: Runner, metrics: dict[str, Any]) -> None:
        """Save the weights once more if they are the best; mmengine would remove the former first.

        The numbered checkpoint is written again, since it holds the best score.

        Raises:
            ValueError: The validation has no such metric.
        """
        if not self.save_best:
            return
        if "auto" in self.key_indicators:
            self._init_rule(self.rules, [next(iter(metrics))])
        (metric,) = self.key_indicators
        if metric not in metrics:
            raise ValueError(
                f"default_hooks.checkpoint.save_best={metric!r}, which the validation does not "
                f"measure; it gives {listing(sorted(metrics), 20) or 'nothing'}"
            )
        score, hub = metrics[metric], runner.message_hub
        best_so_far = hub.get_info("best_score", self.init_value_map[self.rules[0]])
        if (
            score is None
            or not isfinite(score)
            or not self.is_better_than[metric](score, best_so_far)
        ):
            return
        # Such weights are not saved, so their score must not count as one to be beaten.
        if hub.get_info(NOT_FINITE_SINCE) is not None:
            return
        step = runner.epoch if self.by_epoch else runner.iter
        name = f"best_{metric}_{self.filename_tmpl.format(step)}".replace("/", "_")
        former = hub.get_info("best_ckpt")
        hub.update_info("best_score", score)
        hub.update_info("best_ckpt", os.path.join(self.out_dir, name))
        runner.logger.info(f"The best {metric} so far, {score:.4f}: saving {name}")
        meta = dict(epoch=runner.epoch, iter=runner.iter)
        # By its name: the folder may have been moved since.
        best = BestFile(name, None if former is None else self.folder.path / Path(former).name)
        self._save_checkpoint_with_step(runner, step, meta, best)

    def _check_space(self, runner: Runner) -> None:
        """Look for room for the run's checkpoints; called on rank 0."""
        averages = any(hasattr(hook, "ema_model") for hook in runner.hooks)
        size = expected_bytes(unwrap(runner.model), runner.optim_wrapper.optimizer, averages)
        settings = dict(
            interval=self.interval, max_keep_ckpts=self.keep, keep_every=self.keep_every
        )
        steps = runner.max_epochs if self.by_epoch else runner.max_iters
        warning = check_space_for_run(self.folder.path, size, kept_checkpoints(settings, steps))
        if warning is not None:
            runner.logger.warning(warning)
