"""Steps whose numbers were not finite, kept in files so that they can be run again.

``not_finite/`` in a run's folder holds, of the last of them, ``iter_N_rank_R.pth`` per rank (the
batch itself, since data may have moved since, with its samples' names and seeds) and
``weights_before_iter_N.pth`` (the model as the step found it). Of steps in a row, which share their
weights, the first is kept. The files hold tensors and plain values only.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from iclip.checkpoints.safe_loading import read_safely
from iclip.files.atomic import open_atomically

FOLDER = "not_finite"
# What marks a file of this kind, and its version.
KEPT_STEP = "kept_step"
# What the file of a step holds besides.
CONTENT = {
    "iteration": int,
    "rank": int,
    "world_size": int,
    "seed": int,
    "faults": str,
    "losses": dict,
    "samples": list,
    "keys": list,
    "batches": list,
}
_STEP = re.compile(r"iter_(\d+)_rank_(\d+)\.pth")
_WEIGHTS = re.compile(r"weights_before_iter_(\d+)\.pth")


def weights_name(iteration: int) -> str:
    """Name the file of the weights that step ``iteration`` found."""
    return f"weights_before_iter_{iteration}.pth"


def write_kept_step(work_dir: Path, step: Mapping[str, Any]) -> Path:
    """Write a rank's part of a step.

    Args:
        work_dir: The run's folder.
        step: :data:`CONTENT`, and the ``precision`` of the run. ``iteration`` counts from 1;
            ``samples``, their names, ``keys``, (source, index, seed of the augmentation), and
            ``batches`` are lists by micro-batch.

    Raises:
        OSError: It could not be written.
    """
    path = work_dir / FOLDER / f"iter_{step['iteration']}_rank_{step['rank']}.pth"
    return _save(path, {KEPT_STEP: 1, **step, "batches": plain_batch(step["batches"])})


def write_weights(work_dir: Path, iteration: int, checkpoint: Mapping[str, Any]) -> Path:
    """Write the model that step ``iteration`` found: ``state_dict`` and ``meta``.

    Raises:
        OSError: It could not be written.
    """
    return _save(work_dir / FOLDER / weights_name(iteration), checkpoint)


def read_kept_step(path: Path) -> dict[str, Any]:
    """Read a rank's part of a step without running code that may be in the file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, would run code, or holds something else.
    """
    step = read_safely(path)
    is_one = isinstance(step, dict) and step.get(KEPT_STEP) == 1
    if not is_one or any(not isinstance(step.get(key), kind) for key, kind in CONTENT.items()):
        raise ValueError(
            f"{path} is not a step that was kept for a replay; they lie in the folder {FOLDER}/ of "
            "a run, as iter_N_rank_R.pth"
        )
    return step


def prune_kept_steps(work_dir: Path, keep: int, rank: int) -> None:
    """Remove a rank's files of all but the last steps, on rank 0 with their weights.

    Args:
        work_dir: The run's folder.
        keep: How many steps stay.
        rank: Whose files are removed.
    """
    folder = work_dir / FOLDER
    own = [file for file in _matching(folder, _STEP) if _number(file, _STEP, 2) == rank]
    own.sort(key=lambda file: (file.stat().st_mtime_ns, _number(file, _STEP)))
    for file in own[:-keep]:
        file.unlink(missing_ok=True)
    if rank == 0:
        used = {_number(file, _STEP) for file in own[-keep:]}
        for file in _matching(folder, _WEIGHTS):
            if _number(file, _WEIGHTS) not in used:
                file.unlink(missing_ok=True)


def plain_batch(node: Any) -> Any:
    """Copy a batch as tensors on the CPU and plain values; other objects become their names."""
    if isinstance(node, Tensor):
        return node.detach().cpu()
    if isinstance(node, np.ndarray):
        return torch.from_numpy(node)
    if isinstance(node, Mapping):
        return {str(key): plain_batch(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [plain_batch(value) for value in node]
    if isinstance(node, str):
        return str(node)  # of a class of its own, such as a decode error
    if node is None or isinstance(node, bool | int | float):
        return node
    return {"name": object_name(node)}


def object_name(sample: Any) -> str:
    """Name a framework's data sample by its image or video; else by its type."""
    for key in ("img_path", "filename", "video_path", "filename_tmpl"):
        name = getattr(sample, key, None)
        if isinstance(name, str):
            return name
    return type(sample).__name__


def _save(path: Path, content: Any) -> Path:
    with open_atomically(path) as file:
        torch.save(content, file)
    return path


def _matching(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    return [file for file in folder.glob("*.pth") if pattern.fullmatch(file.name)]


def _number(file: Path, pattern: re.Pattern[str], group: int = 1) -> int:
    match = pattern.fullmatch(file.name)
    assert match is not None
    return int(match[group])
