"""Where a run starts: at a checkpoint, or at the beginning."""

from dataclasses import dataclass
from pathlib import Path

from iclip.checkpoints import load_checkpoint
from iclip.engine.checkpoint_files import latest_checkpoint

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
    """Decide which checkpoint a run continues from, and check that it can be read.

    Args:
        work_dir: See :func:`find_resume_point`.
        resume: See :func:`find_resume_point`.
        restarted: See :func:`find_resume_point`.

    Returns:
        None for a run from the beginning.

    Raises:
        ValueError: The file is damaged, or a new run would overwrite another one's checkpoints.
        OSError: There is no such file.
    """
    checkpoint = find_resume_point(work_dir, resume, restarted)
    if checkpoint is None:
        return None
    # mmap leaves the weights on the disk.
    return Start(checkpoint, load_checkpoint(checkpoint, mmap=True)["meta"].get("seed"))


def find_resume_point(work_dir: Path, resume: str | None, restarted: bool = False) -> Path | None:
    """Decide which checkpoint a run continues from.

    Args:
        work_dir: The run's folder, which may not exist yet.
        resume: None for a new run, :data:`RESUME_LATEST`, or a checkpoint's path.
        restarted: Whether torchrun has started this run again after a failure: the latest
            checkpoint is then its own.

    Returns:
        The checkpoint; None for a new run, and for ``RESUME_LATEST`` before the first checkpoint.

    Raises:
        ValueError: A new run would overwrite the checkpoints of another one.
    """
    latest = latest_checkpoint(work_dir)
    if restarted and latest is not None:
        return latest
    if resume not in (None, RESUME_LATEST):
        return Path(resume)
    if resume is None and latest is not None:
        raise ValueError(
            f"{work_dir} already holds a run ({latest.resolve().name}). Add --resume to continue "
            "it, give another --work-dir, or remove the folder to start over"
        )
    return latest
