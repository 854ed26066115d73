"""A resumed run has the architecture and the seed of its checkpoint; other changes are logged."""

import difflib
from typing import Any

from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.checkpoints import compare_weights
from iclip.checkpoints.safe_loading import describe_difference
from iclip.engine.rank_agreement import check_ranks_agree
from iclip.engine.saving.class_words import class_texts_in
from iclip.engine.unwrap_model import unwrap
from iclip.messages import counted
from iclip.registry import HOOKS

# Settings of where a run is written and where it starts; its continuation may have other values.
SETTINGS_THAT_MAY_CHANGE = ("work_dir", "resume", "load_from", "launcher")


@HOOKS.register_module()
class ExactResume(Hook):
    """Check a checkpoint before mmengine loads it; mmengine's own loading is not strict.

    Weights must match the model by name and shape, whether they are resumed or only loaded. A
    resume also needs the run's seed. Another number of ranks is allowed, since steps do not depend
    on it; changed settings are allowed and logged: the run then differs from the uninterrupted one.
    Before the first iteration, all ranks compare what they are about to train.
    """

    # The check comes before EMAHook loads its copy of the weights.
    priority = "VERY_HIGH"

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Compare the checkpoint with this run.

        Raises:
            ValueError: The checkpoint has another architecture, seed or class-text table than the
                run.
        """
        report = compare_weights(unwrap(runner.model), checkpoint["state_dict"])
        if report.missing or report.left_over or report.mismatched:
            raise ValueError(
                f"{runner._load_from} does not fit the model of this config: "
                + describe_difference(report, report.missing, report.left_over)
            )
        runner.logger.info(f"Checkpoint {runner._load_from}: {report.summary()}")
        if runner._resume:
            self._check_run(runner, checkpoint["meta"])

    def before_train(self, runner: Runner) -> None:
        """Compare the ranks, see :mod:`iclip.engine.rank_agreement`.

        Raises:
            ValueError: A rank would train another run than rank 0.
        """
        check_ranks_agree(runner)

    def _check_run(self, runner: Runner, meta: dict[str, Any]) -> None:
        if meta.get("seed", runner.seed) != runner.seed:
            raise ValueError(
                f"randomness.seed is {runner.seed}, but {runner._load_from} was trained with seed "
                f"{meta['seed']}: the order of the samples would change in mid-run. Resume with "
                f"--seed {meta['seed']}"
            )
        self._check_class_texts(runner, meta)
        _log_other_batch(runner, meta)
        changes = changed_settings(meta.get("cfg", ""), runner.cfg.pretty_text)
        if meta.get("cfg") and changes:
            runner.logger.warning(
                "Resumed with changed settings ('-' before, '+' now; schedulers keep what they "
                "had):\n" + "\n".join(changes)
            )

    def _check_class_texts(self, runner: Runner, meta: dict[str, Any]) -> None:
        before = [entry["id"] for entry in meta.get("class_texts", [])]
        now = [text.id for text in class_texts_in(runner.model) or ()]
        if before and now and before != now:
            raise ValueError(
                f"the class-text table has changed: {runner._load_from} was trained with "
                f"{len(before):,} classes from {before[0]} to {before[-1]}, now it is {len(now):,} "
                f"from {now[0]} to {now[-1]}. Labels would mean other classes; restore the table "
                "or start a new run"
            )


def _log_other_batch(runner: Runner, meta: dict[str, Any]) -> None:
    """Say what becomes of the samples with another number of ranks, or another global batch."""
    ranks, now = meta.get("world_size"), get_world_size()
    batch, batch_now = meta.get("global_batch_size"), runner.cfg.get("global_batch_size")
    if ranks not in (None, now):
        processes = counted(now, "process", "processes")
        if batch is not None and batch == batch_now:
            runner.logger.info(
                f"Resumed on {processes}; the checkpoint is of {ranks:,}. The steps keep their "
                "samples; dropout and drop path draw by rank"
            )
        else:
            runner.logger.warning(
                f"Resumed on {processes}; the checkpoint is of {ranks:,}. No sample is left out or "
                "repeated"
            )
    if batch is not None and batch_now not in (None, batch):
        runner.logger.warning(
            f"Resumed with global_batch_size={batch_now}; the checkpoint is of {batch}. No sample "
            "is left out or repeated, but a step has other samples than it would have had. The "
            "learning rate, its schedule and max_iters stay, and they count steps"
        )


def changed_settings(before: str, now: str) -> list[str]:
    """List the lines that differ between two configs, without :data:`SETTINGS_THAT_MAY_CHANGE`."""
    lines = difflib.unified_diff(before.splitlines(), now.splitlines(), n=0, lineterm="")
    # The diff's headers and positions are not changes.
    changes = (line for line in lines if line[:2] not in ("--", "++", "@@"))
    return [line for line in changes if not line[1:].lstrip().startswith(SETTINGS_THAT_MAY_CHANGE)]
