"""Files by path or URL: on a disk, in a bucket (``s3://``, ``gs://``, ``hf://``), on a web server.

Paths are strings, because ``pathlib`` makes one slash of two. A local path goes to the operating
system directly; everything else is left to :mod:`iclip.files.remote`.
"""

import glob
import os
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from iclip.files import remote, remote_requests
from iclip.files.shard_cache import CachedFile, ShardCache
from iclip.files.stored_file import FileState, LocalFile, StoredFile, open_regular, state_of
from iclip.files.transient import tried_again

# The colons of chained URLs (`simplecache::s3://`) are part of it, so that they can be refused.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.:-]*://")


class Entry(NamedTuple):
    """What a folder holds under one name."""

    name: str
    is_folder: bool


def is_remote(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a URL."""
    return isinstance(path, str) and _SCHEME.match(path) is not None


def is_web(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a web server's, which has neither folders nor listings."""
    return is_remote(path) and remote_requests.is_web(str(path))


def as_path(path: str | os.PathLike[str]) -> str | Path:
    """Return a path in one form: without a slash at its end, a local one as pathlib's."""
    return str(path).rstrip("/") if is_remote(path) else Path(path)


def open_at(path: str | os.PathLike[str], cache: ShardCache | None = None) -> StoredFile:
    """Open a file for reading at any place.

    Args:
        path: The file. A remote one is first asked for when it is read.
        cache: Where whole copies of remote files are kept; None: each read is a request.

    Raises:
        OSError: A local file cannot be opened.
    """
    if not is_remote(path):
        return LocalFile(os.fspath(path))
    return remote.RemoteFile(str(path)) if cache is None else CachedFile(str(path), cache)


def file_states(paths: Sequence[str]) -> list[FileState]:
    """Return the states of files; many of a bucket's folder cost one listing.

    Raises:
        OSError: A file is missing, or the server cannot be reached.
    """
    far = [path for path in paths if is_remote(path)]
    states = dict(zip(far, remote.file_states(far), strict=True))
    return [states[path] if path in states else _local_state(path) for path in paths]


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Read a whole file.

    Raises:
        OSError: It cannot be read.
    """
    if is_remote(path):
        return remote.read_bytes(str(path))
    return tried_again(partial(_read_whole, path))


def is_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file is there.

    Raises:
        OSError: The server cannot be reached, or refuses.
    """
    return remote.is_file(str(path)) if is_remote(path) else os.path.isfile(path)


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether a folder is there; in a bucket, whether a name begins with it.

    Raises:
        OSError: The server cannot be reached, refuses, or is a web server, which has no folders.
    """
    return remote.is_folder(str(path)) if is_remote(path) else os.path.isdir(path)


def list_folder(path: str | os.PathLike[str]) -> list[Entry]:
    """List what a folder holds, sorted by name.

    Raises:
        OSError: There is no such folder, it cannot be read, or it is a web server's.
    """
    if is_remote(path):
        return sorted(Entry(*entry) for entry in remote.list_folder(str(path)))
    with os.scandir(path) as entries:
        return sorted(Entry(entry.name, entry.is_dir()) for entry in entries)


def list_below(url: str) -> list[str]:
    """List all files below a bucket's folder, at any depth, sorted.

    Raises:
        OSError: There is no such folder, the server cannot be reached, refuses, or has no listing.
    """
    return sorted(remote.list_below(url))


def glob_paths(pattern: str) -> list[str]:
    """List the paths that match ``*``, ``?`` and ``[...]``, sorted; not names with a dot first.

    Raises:
        OSError: The server cannot be reached, refuses, or is a web server, which has no listing.
    """
    return sorted(remote.glob_paths(pattern) if is_remote(pattern) else glob.glob(pattern))


def join(folder: str | os.PathLike[str], *names: str) -> str:
    """Join names to a folder; a name that is a whole path or a URL takes its place."""
    path = os.fspath(folder)
    for name in names:
        if is_remote(path) and not is_remote(name):
            path = f"{path.rstrip('/')}/{name}"
        else:
            path = name if is_remote(name) else os.path.join(path, name)
    return path


def base_name(path: str | os.PathLike[str]) -> str:
    """Return the last name of a path."""
    return str(path).rpartition("/")[2] if is_remote(path) else os.path.basename(path)


def parent(path: str | os.PathLike[str]) -> str:
    """Return the folder of a path; empty for a local name without a folder."""
    return str(path).rpartition("/")[0] if is_remote(path) else os.path.dirname(path)


def missing_files(paths: Sequence[str]) -> list[str]:
    """List the files that are not there, in order; a folder of many files is listed once.

    Raises:
        OSError: A folder cannot be read, or a server cannot be reached, or refuses.
    """
    missing = set(remote.missing_files([path for path in paths if is_remote(path)]))
    names: dict[str, set[str]] = {}
    for path in paths:
        if not is_remote(path):
            folder, name = os.path.split(path)
            if folder not in names:
                there = os.path.isdir(folder or ".")
                names[folder] = set(os.listdir(folder or ".")) if there else set()
            if name not in names[folder]:
                missing.add(path)
    return [path for path in paths if path in missing]


def _read_whole(path: str | os.PathLike[str]) -> bytes:
    # Without a buffer, which would be one more copy.
    with open(open_regular(path), "rb", buffering=0) as file:
        return file.read()


def _local_state(path: str) -> FileState:
    return state_of(os.stat(path))
