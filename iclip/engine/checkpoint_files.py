"""The checkpoints in a run's folder: ``iter_N.pth`` or ``epoch_N.pth``, and ``latest.pth``."""

import re
from pathlib import Path

LATEST = "latest.pth"
_NUMBERED = re.compile(r"(iter|epoch)_\d+\.pth")


def checkpoints_by_age(folder: Path) -> list[Path]:
    """List the numbered checkpoints of a folder, the one written last at the end.

    The files are sorted by time and not by number: after a resume from an early checkpoint, those
    that the run had written before are older, though some have higher numbers.
    """
    files = [file for file in folder.glob("*_*.pth") if _NUMBERED.fullmatch(file.name)]
    return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name))


def latest_checkpoint(folder: Path) -> Path | None:
    """Return the newest whole checkpoint of a folder, or None."""
    latest = folder / LATEST
    if latest.exists():
        return latest
    # A run that was killed between its first checkpoint and the link to it has no latest.pth.
    return next(reversed(checkpoints_by_age(folder)), None)
