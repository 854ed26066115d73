"""The checkpoints in a run's folder: ``iter_N.pth`` or ``epoch_N.pth``, and ``latest.pth``."""

import re
from pathlib import Path

LATEST = "latest.pth"
_NUMBERED = re.compile(r"(iter|epoch)_\d+\.pth")


def checkpoints_by_age(folder: Path) -> list[Path]:
    """List the numbered checkpoints of a folder, the one written last at the end.

    By time and not by number: after a resume from an early checkpoint, those of the abandoned
    branch are the old ones, whatever their numbers.
    """
    files = [file for file in folder.glob("*_*.pth") if _NUMBERED.fullmatch(file.name)]
    return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name))


def latest_checkpoint(folder: Path) -> Path | None:
    """Return the newest whole checkpoint of a folder, or None."""
    latest = folder / LATEST
    if latest.exists():
        return latest
    # A run was killed after it wrote its first checkpoint and before it named it.
    return next(reversed(checkpoints_by_age(folder)), None)
