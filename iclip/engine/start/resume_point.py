"""Where a run starts: at a checkpoint, or at the beginning."""

import logging
from dataclasses import dataclass
from pathlib import Path

from mmengine.logging import print_log

from iclip.checkpoints import load_checkpoint
from iclip.checkpoints.hub_names import is_hub_name
from iclip.checkpoints.model_folders import is_model_folder
from iclip.engine.saving.checkpoint_files import (
    choose_checkpoint,
    find_fault,
    last_good_checkpoint,
    latest_checkpoint,
)
from iclip.messages import listing

# `--resume` without a path.
RESUME_LATEST = "latest"


@dataclass(frozen=True)
class Start:
    """The checkpoint that a run continues from.

    Attributes:
        checkpoint: Its file.
        seed: The seed of its run, if it states one.
    """

    checkpoint: Path
    seed: int | None


def find_start(work_dir: Path, resume: str | None, restarted: bool = False) -> Start | None:
    """Decide which checkpoint a run continues from, and check that it is whole.

    Args:
        work_dir: See :func:`find_resume_point`.
        resume: See :func:`find_resume_point`.
        restarted: See :func:`find_resume_point`.

    Returns:
        None for a run from the beginning.

    Raises:
        ValueError: See :func:`find_resume_point`.
        OSError: There is no such file.
    """
    checkpoint = find_resume_point(work_dir, resume, restarted)
    if checkpoint is None:
        return None
    # mmap leaves the weights on the disk.
    return Start(checkpoint, load_checkpoint(checkpoint, mmap=True)["meta"].get("seed"))


def find_resume_point(work_dir: Path, resume: str | None, restarted: bool = False) -> Path | None:
    """Decide which checkpoint a run continues from.

    Of a folder's checkpoints, it is the newest one that is whole and has finite weights. A file
    that the user has named is never replaced by another one.

    Args:
        work_dir: The run's folder, which may not exist yet.
        resume: None for a new run, :data:`RESUME_LATEST`, or a checkpoint's path.
        restarted: Whether torchrun has started this run again after a failure: the latest
            checkpoint is then its own.

    Returns:
        The checkpoint; None for a new run, and for ``RESUME_LATEST`` before the first checkpoint.

    Raises:
        ValueError: A new run would overwrite the checkpoints of another one, the file that
            ``resume`` names is not good, or none of a folder's is.
    """
    latest = latest_checkpoint(work_dir)
    if restarted and latest is not None:
        return _newest_good(work_dir)
    if resume not in (None, RESUME_LATEST):
        if is_hub_name(resume) or is_model_folder(resume):
            raise ValueError(
                f"--resume {resume}: what iclip push wrote holds no optimizer, which a run goes on "
                f"with. Start a new run from its weights: --checkpoint {resume}"
            )
        _check_named(Path(resume))
        return Path(resume)
    if resume is None and latest is not None:
        raise ValueError(
            f"{work_dir} already holds a run ({latest.resolve().name}). Add --resume to continue "
            "it, give another --work-dir, or remove the folder to start over"
        )
    return None if resume is None else _newest_good(work_dir)


def _newest_good(work_dir: Path) -> Path | None:
    """Return the newest good checkpoint of a folder, and say which newer ones are not taken."""
    chosen = choose_checkpoint(work_dir)
    if not chosen.passed_over:
        return chosen.path
    if chosen.path is None:
        raise ValueError(
            f"no checkpoint in {work_dir} can be continued: {listing(chosen.passed_over)}. Name "
            "another file with --resume PATH, or another --work-dir to start over"
        )
    told = (
        f"Not taken, of {work_dir}: {listing(chosen.passed_over)}. The run goes on from "
        f"{chosen.path.name}, the newest good checkpoint"
    )
    print_log(told, logger="current", level=logging.WARNING)
    return chosen.path


def _check_named(checkpoint: Path) -> None:
    """Check the checkpoint that the user has named.

    Raises:
        ValueError: It is not good.
        OSError: There is no such file.
    """
    if not checkpoint.exists():
        load_checkpoint(checkpoint)  # says what there is instead
    fault = find_fault(checkpoint)
    if fault is None:
        return
    folder = checkpoint if checkpoint.is_dir() else checkpoint.parent
    try:
        other = last_good_checkpoint(folder)
    except ValueError:  # one that these versions cannot read; the fault above comes first
        other = None
    remedy = f"{folder} holds no good checkpoint" if other is None else f"Take {other}"
    raise ValueError(f"--resume {checkpoint}: {fault}. {remedy}")
