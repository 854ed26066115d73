"""Checkpoints are written whole or not at all, and ``latest.pth`` always loads."""

import os
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.fileio import LocalBackend, register_backend
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner

from iclip.engine.checkpoint_files import LATEST, checkpoints_by_age
from iclip.engine.checkpoint_meta import describe_run
from iclip.files.atomic import remove_temporary_files, replace_symlink, write_atomically
from iclip.registry import HOOKS


@register_backend("atomic")
class AtomicBackend(LocalBackend):
    """mmengine's local files, written atomically: ``backend_args=dict(backend='atomic')``."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes; see :func:`~iclip.files.atomic.write_atomically`."""
        write_atomically(filepath, obj)


@HOOKS.register_module()
class AtomicCheckpoint(CheckpointHook):
    """Save ``iter_N.pth`` such that a kill or a full disk never costs an earlier checkpoint.

    The order is: write to a temporary file, sync, rename, let ``latest.pth`` (a relative link) and
    mmengine's ``last_checkpoint`` name the new file, then remove old ones. So for a moment the disk
    holds one checkpoint more than ``max_keep_ckpts``. The temporary file of a killed run is removed
    at the next start.

    ``meta`` holds mmengine's content and that of
    :func:`~iclip.engine.checkpoint_meta.describe_run`.

    Args:
        interval: Iterations between checkpoints; a multiple of the accumulated iterations.
        by_epoch: Count epochs instead, and name the files ``epoch_N.pth`` (downstream tasks).
        max_keep_ckpts: How many of the newest checkpoints are kept; -1 keeps all.
        save_best: Metric whose best weights are kept as ``best_<metric>_iter_N.pth``.
        rule: ``'greater'`` or ``'less'``, for a ``save_best`` that mmengine does not know.
    """

    def __init__(
        self,
        interval: int,
        by_epoch: bool = False,
        max_keep_ckpts: int = 2,
        save_best: str | None = None,
        rule: str | None = None,
    ) -> None:
        if interval < 1 or max_keep_ckpts == 0 or max_keep_ckpts < -1:
            raise ValueError(
                f"default_hooks.checkpoint has interval={interval}, max_keep_ckpts="
                f"{max_keep_ckpts}; they take interval >= 1, max_keep_ckpts >= 1 or -1 for all"
            )
        super().__init__(
            interval=interval,
            by_epoch=by_epoch,
            # This class prunes: mmengine removes an old checkpoint before it writes the new one.
            max_keep_ckpts=-1,
            save_best=save_best,
            rule=rule,
            backend_args={"backend": "atomic"},
        )
        self.keep = max_keep_ckpts

    def before_train(self, runner: Runner) -> None:
        """Check that a resume can be exact, and remove what a killed run left half-written."""
        super().before_train(runner)
        self._check_accumulation(runner)
        if is_main_process():
            for file in remove_temporary_files(self.out_dir, "*.pth"):
                runner.logger.warning(f"Removed {file}, half-written by a run that was killed")

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Add the run's description to the checkpoint's ``meta``."""
        checkpoint["meta"].update(describe_run(runner))

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

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict[str, Any]) -> None:
        # mmengine calls this for every checkpoint, and again to store a best score.
        name = self.filename_tmpl.format(step)
        self.last_ckpt = os.path.join(self.out_dir, name)
        runner.message_hub.update_info("last_ckpt", self.last_ckpt)
        try:
            runner.save_checkpoint(
                self.out_dir,
                name,
                save_param_scheduler=runner.param_schedulers is not None,
                meta=meta,
                by_epoch=self.by_epoch,
                backend_args=self.backend_args,
            )
            if is_main_process():
                self._announce(name)
        except OSError as error:
            raise OSError(error.errno, f"{error.strerror}. {self._survivor()}") from error

    def _announce(self, name: str) -> None:
        """Let the fixed names point to the new file, then remove old files."""
        folder = Path(self.out_dir)
        replace_symlink(folder / LATEST, folder / name)
        write_atomically(folder / "last_checkpoint", str(folder / name))
        if self.keep > 0:
            for old in checkpoints_by_age(folder)[: -self.keep]:
                old.unlink(missing_ok=True)

    def _survivor(self) -> str:
        """Say which checkpoint is left after a failed save."""
        latest = Path(self.out_dir) / LATEST
        if not latest.exists():
            return "No checkpoint was saved before"
        return (
            f"{latest} is still {latest.resolve().name}: make room and continue from it with "
            "--resume"
        )

    def _check_accumulation(self, runner: Runner) -> None:
        """Refuse an interval that would save between two steps of the optimizer."""
        if self.by_epoch:
            return
        counts = getattr(runner.optim_wrapper, "_accumulative_counts", 1)
        intervals = {"default_hooks.checkpoint.interval": self.interval}
        if self.save_best is not None:
            intervals["train_cfg.val_interval"] = runner.val_interval
        for name, interval in intervals.items():
            if interval % counts:
                below = interval - interval % counts
                fitting = " or ".join(str(n) for n in (below, below + counts) if n > 0)
                raise ValueError(
                    f"{name}={interval} is not a multiple of optim_wrapper.accumulative_counts="
                    f"{counts}: a checkpoint would fall between two optimizer steps and lose "
                    f"gradients. Take {fitting}"
                )
