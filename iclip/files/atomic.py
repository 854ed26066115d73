"""Files that are written whole or not at all."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

# Marks a file that is being written. One that a killed run left behind may be removed.
TEMPORARY_SUFFIX = ".tmp"


@contextmanager
def open_atomically(path: str | os.PathLike[str], size: int | None = None) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its name when the block ends without an error.

    The content is on the disk before it has its name, so a power cut leaves the old file or the
    new one. Several processes may write the same file; the last one's content stays.

    Args:
        path: The file; its folder is made if it is missing.
        size: Number of bytes that will be written, for the error message; None: unknown.

    Raises:
        OSError: It could not be written (full disk, quota, permission). What was there stays.
    """
    path = Path(path)
    # Unlike a process id, unique over the machines that share a file system.
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}{TEMPORARY_SUFFIX}")
    # An error about another file, which the caller's block reads, passes through as it is.
    of_another_file = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            try:
                yield file
            except OSError as error:
                of_another_file = error if error.filename is not None else None
                raise
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        if error is of_another_file:
            raise
        reason = error.strerror or str(error)
        wanted = "" if size is None else f"{size / 1e6:,.1f} MB wanted, "
        raise OSError(
            error.errno,
            f"{path} could not be written: {reason} ({wanted}{_free_megabytes(path):,.1f} MB free)",
        ) from error
    finally:
        # Where its folder is a file, this fails as well, and would hide the error.
        with suppress(OSError):
            temporary.unlink()


def write_atomically(path: str | os.PathLike[str], content: bytes | memoryview | str) -> None:
    """Write a whole file at once; see :func:`open_atomically`.

    Args:
        path: The file; its folder is made if it is missing.
        content: All of the new content; text is encoded in UTF-8. A file's name may hold bytes that
            are not: they come as escapes, which JSON turns back.

    Raises:
        OSError: It could not be written. What was there stays.
    """
    encoded = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    with open_atomically(path, len(encoded)) as file:
        file.write(encoded)


@contextmanager
def write_folder_atomically(folder: Path) -> Iterator[Path]:
    """Make a folder that appears with all of its files when the block ends without an error.

    Args:
        folder: Must not exist, or be empty.

    Yields:
        An empty folder of the same name, which takes the place of ``folder``.

    Raises:
        FileExistsError: There is something at ``folder``.
        OSError: It could not be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is there already, and is not an empty folder")
    around = folder.with_name(f"{folder.name}.{uuid.uuid4().hex}{TEMPORARY_SUFFIX}")
    unfinished = around / folder.name
    try:
        unfinished.mkdir(parents=True)
        yield unfinished
        os.replace(unfinished, folder)  # an empty folder is replaced
        _sync_folder(folder.parent)
    finally:
        shutil.rmtree(around, ignore_errors=True)


def replace_symlink(link: str | Path, target: str | Path) -> None:
    """Make ``link`` point to ``target``, a file of the same folder, in one step.

    Readers see the old link or the new one. The symbolic link is relative, so that the folder can
    be moved. Where the file system has no links, ``link`` becomes a copy.
    """
    link, target = Path(link), Path(target)
    temporary = link.with_name(f"{link.name}.{uuid.uuid4().hex}{TEMPORARY_SUFFIX}")
    try:
        os.symlink(target.name, temporary)
    except OSError:
        _copy(target, temporary)
    os.replace(temporary, link)
    _sync_folder(link.parent)


def remove_temporary_files(folder: str | Path, start: str = "") -> list[Path]:
    """Remove the files that a killed run was writing, and return their paths.

    Args:
        folder: Holds the files.
        start: Pattern that the names of the files start with.
    """
    leftovers = sorted(Path(folder).glob(f"{start}*{TEMPORARY_SUFFIX}"))
    for file in leftovers:
        file.unlink(missing_ok=True)
    return leftovers


def _copy(source: Path, target: Path) -> None:
    """Copy a file to the disk; on failure, ``target`` does not stay."""
    try:
        with open(source, "rb") as read, open(target, "wb") as written:
            shutil.copyfileobj(read, written)
            written.flush()
            os.fsync(written.fileno())
    except OSError:
        target.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut, if the file system lets a folder be opened."""
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
    folder = path.parent  # may be what could not be made
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free / 1e6
