"""Where a run starts: at a checkpoint, or at the beginning."""

from pathlib import Path

from iclip.engine.checkpoint_files import latest_checkpoint

# `--resume` without a path.
RESUME_LATEST = "latest"


def find_resume_point(work_dir: Path, resume: str | None) -> Path | None:
    """Decide which checkpoint a run continues from.

    Args:
        work_dir: The run's folder, which may not exist yet.
        resume: None for a new run, :data:`RESUME_LATEST`, or a checkpoint's path.

    Returns:
        The checkpoint; None for a new run, and for ``RESUME_LATEST`` before the first checkpoint.

    Raises:
        ValueError: A new run would overwrite the checkpoints of another one.
    """
    if resume not in (None, RESUME_LATEST):
        return Path(resume)
    latest = latest_checkpoint(work_dir)
    if resume is None and latest is not None:
        raise ValueError(
            f"{work_dir} already holds a run ({latest.resolve().name}). Add --resume to continue "
            "it, give another --work-dir, or remove the folder to start over"
        )
    return latest
