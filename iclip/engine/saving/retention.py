"""Which checkpoints of a run's folder are removed after a new one."""

import re
from dataclasses import dataclass
from pathlib import Path

from iclip.engine.saving.checkpoint_files import checkpoints_by_age, find_fault

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Milestones:
    """The first checkpoint of each so many iterations, or epochs.

    Attributes:
        every: So many.
        interval: Between two checkpoints. It need not divide ``every``.
    """

    every: int
    interval: int

    def include(self, number: int) -> bool:
        """Whether a checkpoint is the first one from a multiple of ``every`` on."""
        return number // self.every > max(number - self.interval, 0) // self.every


def removable(
    folder: Path, keep: int, milestones: Milestones | None, newest_is_good: bool
) -> list[Path]:
    """List the numbered checkpoints that are not kept.

    Kept are the newest, the milestones, and in any case the newest one that is whole and has finite
    weights. Folders are left alone.

    Args:
        folder: The run's folder.
        keep: How many of the newest are kept.
        milestones: Which others are kept.
        newest_is_good: Whether the newest one is known to be whole and finite. Otherwise, files are
            read until a good one is found.
    """
    files = [file for file in checkpoints_by_age(folder) if not file.is_dir()]
    old = [file for file in files[:-keep] if milestones is None or not _is_one(file, milestones)]
    if not old or newest_is_good:
        return old
    good = next((file for file in reversed(files) if _is_good(file)), None)
    return [file for file in old if file != good]


def _is_one(file: Path, milestones: Milestones) -> bool:
    number = _NUMBER.search(file.name)
    assert number is not None, file
    return milestones.include(int(number[0]))


def _is_good(file: Path) -> bool:
    try:
        return find_fault(file) is None
    except ValueError:  # whole, and of other versions: whether it is good cannot be told
        return True
