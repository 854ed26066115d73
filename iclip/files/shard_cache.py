"""Whole copies of remote files on a local disk, of bounded size, for all processes of a machine.

A copy is written under another name and renamed when it is whole. A writer holds a lock on its
file, which the operating system frees when the writer dies; so what a killed writer left behind is
known by its free lock, and removed. The copies that were read the longest time ago make room for
new ones. Nobody keeps a copy open, so the room is free at once, and a copy that is gone is fetched
again.
"""

import errno
import fcntl
import math
import os
import re
import shutil
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from iclip.files import remote
from iclip.files.stored_file import FileState, changed, ended_early

_SETTING = "storage=dict(cache=..., cache_gb=...)"
# Of a copy, and of one that is being written, whose name holds its size to be.
_COPY = re.compile(r"[0-9a-f]{32}\.shard")
_UNFINISHED = re.compile(r"[0-9a-f]{32}\.(\d+)\.unfinished")
_LOCK = "shards.lock"
# Seconds between two looks at a cache in which others are writing.
_PAUSE = 0.1
# Seconds between two notes that a copy is in use; more often, notes would be writes without end.
_SECONDS_BETWEEN_NOTES = 30.0


class ShardCache:
    """A folder with copies of remote files.

    Args:
        folder: Where the copies lie; it is made if it is missing. Other files in it are left alone.
        max_bytes: Largest sum of the copies' sizes, unfinished ones included.
    """

    def __init__(self, folder: str | os.PathLike[str], max_bytes: int) -> None:
        self.folder = os.fspath(folder)
        self.max_bytes = max_bytes

    def copy_path(self, path: str, state: FileState) -> str:
        """Name the copy of a file in a state, whether or not it is there."""
        return os.path.join(self.folder, f"{_key(path, state)}.shard")

    def fetch(self, path: str, state: FileState) -> str:
        """Return the path of a file's copy, which is made if it is missing.

        Raises:
            ValueError: The file is larger than the cache.
            OSError: The file cannot be read, or the copy cannot be written.
        """
        copy = self.copy_path(path, state)
        if os.path.exists(copy):
            return copy
        self.check_size(path, state)
        self.make_folder()
        while not os.path.exists(copy):
            self._try_to_copy(path, state, copy)
        return copy

    def check_size(self, path: str, state: FileState) -> None:
        """Refuse a file that can have no copy.

        Raises:
            ValueError: The file is larger than the cache.
        """
        if state.size > self.max_bytes:
            raise ValueError(
                f"{_SETTING}: {path} has {state.size / 1e9:.3f} GB, the cache may hold "
                f"{self.max_bytes / 1e9:.3f}. Give a larger cache_gb, or leave the cache away"
            )

    def make_folder(self) -> None:
        """Make the folder if it is missing.

        Raises:
            OSError: Nothing can be written there.
        """
        try:
            os.makedirs(self.folder, exist_ok=True)
            if not os.access(self.folder, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise OSError(
                error.errno,
                f"storage=dict(cache={self.folder!r}): nothing can be written there "
                f"({error.strerror}). Name a folder of a local disk",
            ) from error

    def _try_to_copy(self, path: str, state: FileState, copy: str) -> None:
        """Copy a file, or wait a moment where another process does, or where there is no room."""
        unfinished = os.path.join(self.folder, f"{_key(path, state)}.{state.size}.unfinished")
        descriptor = self._begin(copy, unfinished, state.size)
        if descriptor is None:
            time.sleep(_PAUSE)
            return
        try:
            self._download(path, state, unfinished)
            os.replace(unfinished, copy)
        except BaseException:
            os.unlink(unfinished)
            raise
        finally:
            os.close(descriptor)  # and free the lock

    def _download(self, path: str, state: FileState, unfinished: str) -> None:
        try:
            remote.download(path, unfinished)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            free = shutil.disk_usage(self.folder).free
            raise OSError(
                error.errno,
                f"{_SETTING}: the disk of {self.folder} is full ({state.size / 1e9:.3f} GB wanted, "
                f"{free / 1e9:.3f} GB free). Make room, or give a smaller cache_gb",
            ) from error
        size = os.path.getsize(unfinished)
        if size != state.size:
            raise ended_early(path, size, state.size)
        # Another file of the same size would lie in the cache as this one, for all processes.
        now = remote.file_states([path])[0]
        if now != state:
            raise changed(path, now, state)

    def _begin(self, copy: str, unfinished: str, size: int) -> int | None:
        """Make room and the locked file of a copy; None where others have to finish first.

        Returns:
            The file's descriptor, which holds the lock.
        """
        # One process at a time looks and decides.
        with open(os.path.join(self.folder, _LOCK), "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.path.exists(copy) or (os.path.exists(unfinished) and not _removed(unfinished)):
                return None  # another process has finished it, or is about to
            if not self._make_room(size):
                return None
            descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT, 0o666)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            return descriptor

    def _make_room(self, size: int) -> bool:
        """Remove copies until ``size`` bytes fit, and say whether they do."""
        copies: list[tuple[float, int, str]] = []
        used = size
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if _COPY.fullmatch(entry.name):
                    status = entry.stat()
                    copies.append((status.st_mtime, status.st_size, entry.path))
                    used += status.st_size
                elif (match := _UNFINISHED.fullmatch(entry.name)) and not _removed(entry.path):
                    used += int(match[1])  # all that will be written
        for _, freed, path in sorted(copies):
            if used <= self.max_bytes:
                break
            os.unlink(path)
            used -= freed
        return used <= self.max_bytes


class CachedFile:
    """A remote file that is read from its copy in a cache.

    Args:
        path: The URL.
        cache: Where its copy is, or will be.
    """

    def __init__(self, path: str, cache: ShardCache) -> None:
        self.path = path
        self._cache = cache
        self._state: FileState | None = None
        self._noted = -math.inf

    @property
    def state(self) -> FileState:
        """The file's state; the first call asks the server."""
        if self._state is None:
            self._state = remote.file_states([self.path])[0]
        return self._state

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self.state.size

    def read_at(self, offset: int, length: int) -> bytes:
        """Read exactly ``length`` bytes from ``offset`` on, of the copy.

        Raises:
            ValueError: The file is larger than the cache.
            OSError: The file cannot be read or copied, or ends too early.
        """
        while True:
            try:
                content = self._read_copy(self._cache.fetch(self.path, self.state), offset, length)
            except FileNotFoundError as error:
                if error.filename is None:  # the server says so, and not this disk
                    raise
                continue  # another process needed the room
            if len(content) < length:
                raise ended_early(self.path, self.size, offset + length)
            return content

    def close(self) -> None:
        """Do nothing: the copy is closed after each read."""

    def _read_copy(self, copy: str, offset: int, length: int) -> bytes:
        descriptor = os.open(copy, os.O_RDONLY)
        try:
            now = time.monotonic()
            if now - self._noted > _SECONDS_BETWEEN_NOTES:
                os.utime(descriptor)
                self._noted = now
            return os.pread(descriptor, length, offset)
        finally:
            os.close(descriptor)


def shard_cache(storage: Mapping[str, Any] | None) -> ShardCache | None:
    """Return the cache that a data set's setting ``storage`` describes; None without one.

    Raises:
        ValueError: The setting has other entries, or a value is outside its range.
        OSError: Nothing can be written in the folder.
    """
    if not storage:
        return None
    known = {"cache", "cache_gb"}
    if set(storage) != known:
        raise ValueError(
            f"storage={dict(storage)!r}: write both {_SETTING}, a local folder and its largest "
            "size in GB (1e9 bytes), and nothing else. Endpoints and credentials are environment "
            "variables, such as FSSPEC_S3_ENDPOINT_URL"
        )
    folder, gigabytes = storage["cache"], storage["cache_gb"]
    if not isinstance(folder, str | os.PathLike) or "://" in os.fspath(folder):
        raise ValueError(f"storage=dict(cache={folder!r}): give a folder of a local disk")
    if not isinstance(gigabytes, int | float) or not gigabytes > 0:
        raise ValueError(f"storage=dict(cache_gb={gigabytes!r}): give a number of GB above 0")
    cache = ShardCache(folder, int(gigabytes * 1e9))
    cache.make_folder()
    return cache


def _key(path: str, state: FileState) -> str:
    return sha256(f"{path}\n{state.size}\n{state.stamp}".encode()).hexdigest()[:32]


def _removed(path: str) -> bool:
    """Remove an unfinished copy if its writer is dead, and say whether that was done."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False  # finished meanwhile
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Finished between the two lines, it has another name.
        unfinished = os.path.samestat(os.fstat(descriptor), os.stat(path))
        if unfinished:
            os.unlink(path)
        return unfinished
    except (BlockingIOError, FileNotFoundError):
        return False
    finally:
        os.close(descriptor)
