"""The folder into which a run writes its checkpoints, one whole file after the other."""

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch

from iclip.checkpoints import find_damage
from iclip.engine.saving.checkpoint_files import FINITE, LATEST
from iclip.engine.saving.retention import Milestones, removable
from iclip.files.atomic import open_atomically, replace_symlink, write_atomically


class RunFolder:
    """Writes checkpoints such that a kill or a full disk never costs an earlier one.

    The order is: write to a temporary file, sync, read it back and compare its checksums, rename,
    let ``latest.pth`` (a relative link) and mmengine's ``last_checkpoint`` name it, then remove old
    ones. So for a moment the disk holds one checkpoint more than is kept.

    Args:
        path: The folder.
        keep: How many of the newest checkpoints are kept; -1 keeps all.
        milestones: Which others are kept; None: none.
    """

    def __init__(self, path: Path, keep: int, milestones: Milestones | None = None) -> None:
        self.path, self.keep, self.milestones = path, keep, milestones

    def save(self, content: Mapping[str, Any], name: str) -> None:
        """Write a numbered checkpoint, name it as the latest, and remove old ones.

        Args:
            content: The checkpoint; ``meta`` says whether its weights are finite.
            name: ``iter_N.pth`` or ``epoch_N.pth``.

        Raises:
            OSError: It could not be written; which checkpoint is left is said.
        """
        self.write(content, name)
        replace_symlink(self.path / LATEST, self.path / name)
        write_atomically(self.path / "last_checkpoint", str(self.path / name))
        if self.keep > 0:
            is_good = content["meta"][FINITE]
            for old in removable(self.path, self.keep, self.milestones, is_good):
                old.unlink(missing_ok=True)

    def write(self, content: Mapping[str, Any], name: str) -> None:
        """Write one file, read it back, and let it have its name if it is whole.

        Raises:
            OSError: It could not be written, or reads back otherwise.
        """
        try:
            with open_atomically(self.path / name) as file:
                _save(content, file)
                _read_back(file, name)
        except OSError as error:
            raise OSError(error.errno, f"{error.strerror}. {self.survivor()}") from error

    def check_room(self, size: int) -> None:
        """Check that there is room for one more checkpoint.

        Args:
            size: Its bytes.

        Raises:
            OSError: There is not, or the folder is gone.
        """
        if not self.path.is_dir():
            # Made anew, it could lie on another disk than the one that was taken away.
            raise OSError(
                errno.ENOENT, f"the folder {self.path} is gone: no checkpoint can be saved in it"
            )
        free = shutil.disk_usage(self.path).free
        if free < size:
            raise OSError(
                errno.ENOSPC,
                f"no room for a checkpoint in {self.path}: {size / 1e6:,.1f} MB wanted, "
                f"{free / 1e6:,.1f} MB free. {self.survivor()}",
            )

    def survivor(self) -> str:
        """Say which checkpoint is left after a failed save."""
        latest = self.path / LATEST
        if not latest.exists():
            return "No checkpoint was saved before"
        return (
            f"{latest} is still {latest.resolve().name}: make room and continue from it with "
            "--resume"
        )


def _save(content: Mapping[str, Any], file: BinaryIO) -> None:
    """Write with torch; where the disk fails, raise the system's error and not torch's."""
    try:
        torch.save(content, file)
    except RuntimeError as error:
        # torch writes the archive's end in any case, and fails there once more.
        cause = error.__context__
        if isinstance(cause, OSError):
            raise OSError(cause.errno, cause.strerror) from error
        raise


def _read_back(file: BinaryIO, name: str) -> None:
    """Compare the checksums of a file that has been written, as it lies on the disk.

    Raises:
        OSError: It is not what was written.
    """
    file.flush()
    os.fsync(file.fileno())
    if hasattr(os, "posix_fadvise"):
        # Otherwise, the system would answer from its memory.
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    damage = find_damage(file.name)
    if damage is not None:
        raise OSError(errno.EIO, f"{name} reads back otherwise than it was written ({damage})")
