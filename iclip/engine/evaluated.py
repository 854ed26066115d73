"""What an evaluation measured: which checkpoint, on which data, with which loader and views."""

import hashlib
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.dist import get_world_size
from mmengine.runner import BaseLoop, Runner

from iclip.engine.precision import autocast_dtype
from iclip.tasks import views_of

# One of them is in the folder of every run that was trained.
_OF_A_RUN = ("provenance.json", "metrics.json", "last_checkpoint")
_PLACES = ("root", "annotations", "ann_file", "image_folder")


def is_training(runner: Runner) -> bool:
    """Whether the runner trains, and a validation is one of its own."""
    return isinstance(getattr(runner, "_train_loop", None), BaseLoop)


def how_measured(runner: Runner, loop: Any, loader: str) -> dict[str, Any]:
    """Describe an evaluation as plain values.

    Args:
        runner: The runner.
        loop: Its loop that has just evaluated.
        loader: The key of the loop's loader in the config, such as ``val_dataloader``.

    Returns:
        ``loader``; ``views``, clips and crops that a prediction averages, or None; ``precision``;
        ``processes``; and ``data``, for each data set ``names`` (prefixes of its metrics),
        ``samples`` and ``place``.
    """
    section = runner.cfg.get(loader)
    return {
        "loader": loader,
        "views": views_of(section),
        "precision": _precision(runner.cfg.get(loader.replace("dataloader", "cfg")) or {}),
        "processes": get_world_size(),
        "data": _data(loop, section),
    }


def finite_metrics(metrics: Mapping[str, Any] | None) -> dict[str, Any]:
    """Metrics as JSON holds them: numpy's scalars as numbers, what is not finite as None."""
    return {name: _plain(value) for name, value in (metrics or {}).items()}


def describe_checkpoint(file: str | None) -> dict[str, str] | None:
    """Path and SHA-256 of the evaluated checkpoint; None where there is no such file."""
    if not file or not Path(file).is_file():
        return None
    digest = hashlib.sha256()
    with open(file, "rb") as content:
        while block := content.read(1 << 22):
            digest.update(block)
    return {"file": str(file), "sha256": digest.hexdigest()}


def result_folders(work_dir: str, checkpoint: str | None) -> list[Path]:
    """Folders that a test's result belongs to.

    Args:
        work_dir: Of the test.
        checkpoint: The evaluated file.

    Returns:
        The work dir, and the folder of the run that the checkpoint is of, if it lies in one that
        can be written to.
    """
    folders = [Path(work_dir)]
    if checkpoint and Path(checkpoint).is_file():
        run = Path(checkpoint).absolute().parent
        is_run = any((run / name).exists() for name in _OF_A_RUN)
        if is_run and os.access(run, os.W_OK) and run.resolve() != folders[0].resolve():
            folders.append(run)
    return folders


def _precision(loop_cfg: Mapping[str, Any]) -> str:
    """``fp32``, ``bf16`` or ``fp16``; ``auto`` as it comes out on this machine."""
    if "precision" not in loop_cfg:
        return "fp16" if loop_cfg.get("fp16") else "fp32"
    dtype = autocast_dtype(loop_cfg["precision"], get_device())
    return "bf16" if dtype is torch.bfloat16 else "fp32"


def _data(loop: Any, section: Any) -> list[dict[str, Any]]:
    """Of each data set of a loop the names of its metrics, its size and where it lies."""
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
    """Where a loader's data lie, as the config says."""
    dataset = (config or {}).get("dataset") if isinstance(config, Mapping) else None
    if not isinstance(dataset, Mapping):
        return None
    places = [dataset[key] for key in _PLACES if isinstance(dataset.get(key), str)]
    prefixes = dataset.get("data_prefix")
    if not places and isinstance(prefixes, Mapping):
        places = [value for value in prefixes.values() if isinstance(value, str)]
    root = dataset.get("data_root")
    return os.path.join(root if isinstance(root, str) else "", places[0]) if places else root


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value
    number = float(value)
    return number if math.isfinite(number) else None
