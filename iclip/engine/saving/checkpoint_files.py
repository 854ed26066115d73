"""The checkpoints in a run's folder: ``iter_N.pth`` or ``epoch_N.pth``, and ``latest.pth``."""

import re
from dataclasses import dataclass
from pathlib import Path

from iclip.checkpoints import find_damage, load_checkpoint

LATEST = "latest.pth"
# The entry of a checkpoint's ``meta``: whether its weights and buffers are finite.
FINITE = "finite"
_NUMBERED = re.compile(r"(iter|epoch)_\d+\.pth")


@dataclass(frozen=True)
class ChosenCheckpoint:
    """The newest good checkpoint of a folder.

    Attributes:
        path: The file; None if the folder holds no good one.
        passed_over: Newer ones, each with the reason why it is not taken.
    """

    path: Path | None
    passed_over: tuple[str, ...] = ()


def checkpoints_by_age(folder: Path) -> list[Path]:
    """List the numbered checkpoints of a folder, the one written last at the end.

    The files are sorted by time and not by number: after a resume from an early checkpoint, those
    that the run had written before are older, though some have higher numbers.
    """
    files = [file for file in folder.glob("*_*.pth") if _NUMBERED.fullmatch(file.name)]
    return sorted(files, key=lambda file: (file.lstat().st_mtime_ns, file.name))


def latest_checkpoint(folder: Path) -> Path | None:
    """Return the newest checkpoint of a folder, whether it can be read or not, or None."""
    latest = folder / LATEST
    if latest.exists():
        return latest
    # A run that was killed between its first checkpoint and the link to it has no latest.pth.
    return next(reversed(checkpoints_by_age(folder)), None)


def named_file(checkpoint: Path) -> Path:
    """Return the numbered file that ``latest.pth`` names, in the folder as it was given."""
    return checkpoint.parent / checkpoint.resolve().name


def last_good_checkpoint(folder: Path) -> Path | None:
    """Return the newest checkpoint of a folder that is whole and whose weights are finite, or None.

    Raises:
        ValueError: It is whole, but these versions cannot read it.
    """
    return choose_checkpoint(folder).path


def choose_checkpoint(folder: Path) -> ChosenCheckpoint:
    """Look for the newest good checkpoint, and read it whole, with what is newer.

    Raises:
        ValueError: One is whole, but these versions cannot read it: an older one would lose what
            another version has trained.
    """
    passed_over: list[str] = []
    for file in _newest_first(folder):
        fault = find_fault(file)
        if fault is None:
            return ChosenCheckpoint(file, tuple(passed_over))
        passed_over.append(f"{_name(file)} ({fault})")
    return ChosenCheckpoint(None, tuple(passed_over))


def find_fault(checkpoint: Path) -> str | None:
    """Say why a run cannot go on from a checkpoint: it is damaged, or its weights are not finite.

    Raises:
        ValueError: It is whole, but these versions cannot read it.
    """
    if checkpoint.is_symlink() and not checkpoint.exists():
        return "the file that it names is missing"
    damage = find_damage(checkpoint)
    if damage is not None:
        return damage
    # mmap leaves the weights on the disk. Earlier versions did not store whether they are finite.
    is_finite = load_checkpoint(checkpoint, mmap=True)["meta"].get(FINITE, True)
    return None if is_finite else "its weights are not finite"


def _newest_first(folder: Path) -> list[Path]:
    """List what a run could go on from; what ``latest.pth`` names comes once."""
    latest = folder / LATEST
    numbered = checkpoints_by_age(folder)[::-1]
    if not latest.exists() and not latest.is_symlink():
        return numbered
    return [latest, *(file for file in numbered if not _is_same(file, latest))]


def _is_same(file: Path, latest: Path) -> bool:
    return latest.exists() and file.exists() and file.samefile(latest)


def _name(file: Path) -> str:
    """Name a checkpoint by the file that a link names."""
    if not file.is_symlink():
        return file.name
    return f"{file.name} -> {file.readlink().name}"
