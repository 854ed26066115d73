"""The best model of a training as one light file, beside the checkpoints of the run."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.checkpoints.model_files import BEST, write_model_file
from iclip.distributed import from_rank_0
from iclip.engine.evaluated import class_scores, is_training, plain_numbers, run_result
from iclip.engine.hooks.atomic_checkpoint import SAVING
from iclip.engine.saving.class_words import describe_class_words
from iclip.engine.saving.content import checkpoint_content, weights_are_finite
from iclip.engine.step_flags import NOT_FINITE_SINCE
from iclip.engine.unwrap_model import unwrap
from iclip.messages import listing
from iclip.ranks.phases import during
from iclip.registry import HOOKS
from iclip.results.run_files import (
    BEST_METRICS_FILE,
    BEST_PER_CLASS_FILE,
    json_of_validation,
    save_json,
)
from iclip.tasks import task_of

# What the message hub, which checkpoints keep, calls the best validation so far.
_SO_FAR = "best_validation"


@HOOKS.register_module()
class KeepBest(Hook):
    """Keep the model of the best validation: its weights, config and class names, and its scores.

    ``best.pth`` is a light file (:mod:`iclip.checkpoints.model_files`) of the weights that were
    validated, those of EMA if the run averages, with the texts of classes that a classifier knows
    by words. ``best_metrics.json`` and ``best_per_class.json`` hold what the run's ``metrics.json``
    and ``per_class.json`` held then. Each is written whole.

    Of equal scores, the earlier one stays. A score that is not finite is never the best, nor are
    weights that are not. A resumed run goes on with the best of its checkpoint, as long as the file
    is there.

    Args:
        metric: Name of the metric as the validation gives it, such as ``coco/bbox_mAP``; of several
            names, the first that it gives.
        rule: ``'greater'`` or ``'less'``: which scores are better.

    Raises:
        ValueError: The rule is another word.
    """

    # Behind the hooks that write the validation's files and that take an average's weights back.
    priority = "LOW"

    def __init__(self, metric: str | Sequence[str], rule: str = "greater") -> None:
        if rule not in ("greater", "less"):
            raise ValueError(f"rule={rule!r} of KeepBest is unknown; take 'greater' or 'less'")
        self.names = (metric,) if isinstance(metric, str) else tuple(metric)
        self.sign = 1 if rule == "greater" else -1

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Keep the model if no earlier one was better or equal.

        Raises:
            ValueError: The validation has no such metric.
            OSError: A file could not be written.
        """
        if not is_training(runner):
            return
        metrics = metrics or {}
        metric = self._chosen(metrics)
        if not math.isfinite(metrics[metric]):
            runner.logger.warning(f"{metric} is {metrics[metric]}: not kept as the best model")
            return
        best = from_rank_0(partial(self._best_after, runner, metric, metrics))
        runner.message_hub.update_info(_SO_FAR, best)

    def _chosen(self, metrics: Mapping[str, Any]) -> str:
        """Return the metric that decides."""
        found = [name for name in self.names if name in metrics]
        if not found:
            names = " or ".join(map(repr, self.names))
            raise ValueError(
                f"KeepBest has metric={names}, which the validation does not measure; it gives "
                f"{listing(sorted(metrics), 20) or 'nothing'}"
            )
        return found[0]

    @during(SAVING)
    def _best_after(
        self, runner: Runner, metric: str, metrics: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """Write the files if the score is the best; called on rank 0.

        Returns:
            The best validation so far: its ``metric``, ``score``, ``iteration`` and ``epoch``.
        """
        folder, score = Path(runner.work_dir), float(metrics[metric])
        best = runner.message_hub.get_info(_SO_FAR)
        is_kept = best is not None and best["metric"] == metric and (folder / BEST).is_file()
        if is_kept and self.sign * score <= self.sign * best["score"]:
            return best
        content = checkpoint_content(runner, dict(epoch=runner.epoch, iter=runner.iter))
        buffers = frozenset(name for name, _ in unwrap(runner.model).named_buffers())
        since = runner.message_hub.get_info(NOT_FINITE_SINCE)
        if since is not None or not weights_are_finite(content, buffers):
            runner.logger.warning("The weights are not finite: not kept as the best model")
            return best
        trained = dict(iteration=runner.iter, epoch=runner.epoch)
        self._write(runner, folder, content["state_dict"], metrics, trained)
        runner.logger.info(f"The best {metric} so far, {score:.4f}: {folder / BEST}")
        return dict(metric=metric, score=score, **trained)

    def _write(
        self,
        runner: Runner,
        folder: Path,
        weights: Mapping[str, Any],
        metrics: Mapping[str, Any],
        trained: Mapping[str, int],
    ) -> None:
        result = run_result(
            runner, runner.val_loop, "val_dataloader", metrics,
            iteration=runner.iter,
            samples_seen=runner.message_hub.get_info("samples_seen", 0),
        )  # fmt: skip
        per_class = class_scores(runner.val_loop.evaluator, "val_dataloader")
        metainfo = getattr(runner.val_loop.dataloader.dataset, "metainfo", {})
        # The file of weights first: where a kill comes between, the others are those before.
        write_model_file(
            folder / BEST,
            weights,
            task=task_of(runner.cfg) or "",
            classes=metainfo.get("classes") or (per_class.names if per_class else ()),
            config=runner.cfg.to_dict(),
            figures=_finite(plain_numbers(metrics)),
            palette=metainfo.get("palette"),
            trained=trained,
            **describe_class_words(runner.model),
        )
        save_json(folder / BEST_METRICS_FILE, json_of_validation(result))
        if per_class is not None:
            per_class.save(folder / BEST_PER_CLASS_FILE)


def _finite(scores: Mapping[str, Any]) -> dict[str, float]:
    """Leave out texts, and scores of what could not be measured."""
    return {
        name: value
        for name, value in scores.items()
        if isinstance(value, float) and math.isfinite(value)
    }
