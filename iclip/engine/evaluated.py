"""The record of an evaluation by a runner: which checkpoint, data, loader and views it measured."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.dist import get_world_size
from mmengine.evaluator import Evaluator
from mmengine.runner import BaseLoop, Runner

from iclip.checkpoints import identifying_file
from iclip.engine.precision import autocast_dtype
from iclip.files.checksum import file_sha256
from iclip.results import ClassScores, Provenance, Result, Settings
from iclip.results.run_files import sets_of
from iclip.tasks import TEST_TIME_VIEWS, task_of, views_of

# A folder with one of these files is the folder of a training.
_OF_A_RUN = ("provenance.json", "metrics.json", "last_checkpoint")
# Settings in which the data sets of the hub and of the frameworks name their data.
_PLACES = ("root", "annotations", "table", "ann_file", "image_folder")


def is_training(runner: Runner) -> bool:
    """Whether the runner trains, so that its validations belong to a training."""
    return isinstance(getattr(runner, "_train_loop", None), BaseLoop)


def run_result(
    runner: Runner,
    loop: Any,
    loader: str,
    metrics: Mapping[str, Any] | None,
    iteration: int,
    samples_seen: int,
    checkpoint: str | None = None,
) -> Result:
    """Record an evaluation.

    Args:
        runner: The runner.
        loop: The runner's loop that has just evaluated.
        loader: The key of the loop's loader in the config, such as ``val_dataloader``.
        metrics: What the loop returned.
        iteration: Iterations that the model was trained for.
        samples_seen: Samples that the model has seen in pre-training.
        checkpoint: The evaluated file or folder; None in training.
    """
    section = runner.cfg.get(loader)
    return Result(
        kind=task_of(runner.cfg) or "",
        sets=sets_of(plain_numbers(metrics or {}), _data(loop, section)),
        settings=Settings(
            checkpoint=_sha256_of(checkpoint) if checkpoint else None,
            iteration=iteration,
            samples_seen=samples_seen,
            # The loop's settings stand beside its loader: val_dataloader, val_cfg.
            precision=_precision(runner.cfg.get(loader.replace("dataloader", "cfg")) or {}),
            loader=loader,
            views=views_of(section),
            augmentation=runner.cfg.get(TEST_TIME_VIEWS, ""),
            processes=get_world_size(),
            protocol=str(runner.cfg.get("protocol") or ""),
        ),
        provenance=Provenance.now(checkpoint or ""),
    )


def _sha256_of(checkpoint: str) -> str | None:
    """Return the SHA-256 that names the weights; None if they come from elsewhere, such as a URL.

    The evaluation has ended: its result is not lost for that.
    """
    try:
        return file_sha256(identifying_file(checkpoint))
    except (OSError, ValueError):
        return None


def class_scores(evaluator: Evaluator, loader: str) -> ClassScores | None:
    """Return what the first metric that keeps scores of each class has measured last.

    Args:
        evaluator: Holds the metrics.
        loader: The key of the evaluated loader in the config, which the scores then tell.
    """
    found = (getattr(metric, "per_class", None) for metric in evaluator.metrics)
    scores = next((scores for scores in found if scores is not None), None)
    return None if scores is None else replace(scores, loader=loader)


def result_folders(work_dir: str, checkpoint: str | None) -> list[Path]:
    """Find the folders that a test's result belongs to.

    Args:
        work_dir: The test's work dir.
        checkpoint: The evaluated file.

    Returns:
        The work dir; and the checkpoint's folder, if it is the folder of a training and can be
        written to.
    """
    folders = [Path(work_dir)]
    if checkpoint and Path(checkpoint).is_file():
        run = Path(checkpoint).absolute().parent
        is_run = any((run / name).exists() for name in _OF_A_RUN)
        if is_run and os.access(run, os.W_OK) and run.resolve() != folders[0].resolve():
            folders.append(run)
    return folders


def _precision(loop_cfg: Mapping[str, Any]) -> str:
    """Return ``fp32``, ``bf16`` or ``fp16``; ``auto`` is resolved for this machine."""
    # mmengine's own loops have the setting `fp16` instead.
    if "precision" not in loop_cfg:
        return "fp16" if loop_cfg.get("fp16") else "fp32"
    dtype = autocast_dtype(loop_cfg["precision"], get_device())
    return "bf16" if dtype is torch.bfloat16 else "fp32"


def _data(loop: Any, section: Any) -> list[dict[str, Any]]:
    """Describe each data set of a loop: the prefixes of its metrics, its size and its place."""
    loaders = getattr(loop, "dataloaders", [loop.dataloader])
    evaluators = getattr(loop, "evaluators", [loop.evaluator])
    configs = section if isinstance(section, Sequence) else [section] * len(loaders)
    return [
        {
            "names": sorted({str(m.prefix) for m in evaluator.metrics if getattr(m, "prefix", "")}),
            "samples": len(loader.dataset),
            "place": _place(config),
        }
        for loader, evaluator, config in zip(loaders, evaluators, configs, strict=False)
    ]


def _place(config: Any) -> str | None:
    """Return where a loader's data lie, as its config says; None if it does not."""
    dataset = (config or {}).get("dataset") if isinstance(config, Mapping) else None
    if not isinstance(dataset, Mapping):
        return None
    places = [dataset[key] for key in _PLACES if isinstance(dataset.get(key), str)]
    prefixes = dataset.get("data_prefix")
    if not places and isinstance(prefixes, Mapping):
        places = [value for value in prefixes.values() if isinstance(value, str)]
    root = dataset.get("data_root")
    return os.path.join(root if isinstance(root, str) else "", places[0]) if places else root


def plain_numbers(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Convert numpy's scalars to floats; texts stay as they are."""
    return {name: v if isinstance(v, str) else float(v) for name, v in metrics.items()}
