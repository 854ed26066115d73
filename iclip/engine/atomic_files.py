"""Files that are either the old ones or the new ones, never half of one."""

import os
import shutil
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

# Marks a file that is being written; one that a killed run left behind may be removed.
TEMPORARY_SUFFIX = ".tmp"


def write_atomically(path: str | Path, content: bytes | memoryview) -> None:
    """Write a file so that its name holds either the old content or all of the new one.

    Args:
        path: The file; its folder is made when it is not there.
        content: All of the new content.

    Raises:
        OSError: It could not be written (full disk, quota, permission). What was there stays.
    """
    path = Path(path)
    temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise OSError(
            error.errno,
            f"{path} could not be written: {reason} "
            f"({len(content) / 1e6:,.1f} MB wanted, {_free_megabytes(path):,.1f} MB free)",
        ) from error


def point_to(link: str | Path, target: str | Path) -> None:
    """Let ``link`` name ``target``, a file of the same folder, at no moment naming nothing.

    A relative symbolic link, so that the folder can be moved; where the file system has no links, a
    copy.
    """
    link, target = Path(link), Path(target)
    temporary = link.with_name(link.name + TEMPORARY_SUFFIX)
    temporary.unlink(missing_ok=True)
    try:
        os.symlink(target.name, temporary)
    except OSError:
        _copy(target, temporary)
    os.replace(temporary, link)
    _sync_folder(link.parent)


def remove_temporary_files(folder: str | Path, pattern: str = "*") -> list[Path]:
    """Remove what a killed run was writing; returns what was there."""
    leftovers = sorted(Path(folder).glob(pattern + TEMPORARY_SUFFIX))
    for file in leftovers:
        file.unlink(missing_ok=True)
    return leftovers


@register_backend("atomic")
class AtomicBackend(LocalBackend):
    """mmengine's local files, written atomically: ``backend_args=dict(backend='atomic')``."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes; see :func:`write_atomically`."""
        write_atomically(filepath, obj)


def _copy(source: Path, target: Path) -> None:
    try:
        with open(source, "rb") as read, open(target, "wb") as written:
            shutil.copyfileobj(read, written)
            written.flush()
            os.fsync(written.fileno())
    except OSError:
        target.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut; not every file system lets a folder be opened."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _free_megabytes(path: Path) -> float:
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free / 1e6
