"""Files in buckets and on web servers: reading, listing, and their states.

Nothing here holds a connection, so that objects may cross a fork.
"""

import errno
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from iclip.files.remote_requests import ask, is_web
from iclip.files.stored_file import FileState, ended_early

# Requests at a time where a server has no listing.
_REQUESTS = 32
# From this number of files in one folder on, one listing takes less time than asking for each.
_WORTH_A_LISTING = 4
# How servers name what changes with the content, the most reliable first.
_STAMPS = (
    *("ETag", "etag", "blob_id", "md5Hash", "Content-MD5", "generation"),
    *("LastModified", "Last-Modified", "last_modified", "updated", "mtime"),
)


class RemoteFile:
    """A remote file; each read is one request for a range of bytes.

    Args:
        path: The URL.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._state: FileState | None = None

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self.state.size

    @property
    def state(self) -> FileState:
        """The file's state; the first call asks the server."""
        if self._state is None:
            self._state = file_states([self.path])[0]
        return self._state

    def read_at(self, offset: int, length: int) -> bytes:
        """Read exactly ``length`` bytes from ``offset`` on.

        Raises:
            OSError: The file cannot be read, or ends too early, or its server has no ranges.
        """
        if length == 0:
            return b""
        content = ask(self.path, partial(_read_range, start=offset, end=offset + length))
        if len(content) > length:
            raise OSError(
                errno.EOPNOTSUPP,
                f"{self.path}: the server sent {len(content):,} bytes when asked for {length:,}: "
                "it has no range requests, and tars cannot be read without. Keep whole copies with "
                "storage=dict(cache=FOLDER, cache_gb=N), or copy them to a bucket or a local disk",
            )
        if len(content) < length:
            raise ended_early(self.path, offset + len(content), offset + length)
        return content

    def close(self) -> None:
        """Do nothing: connections are fsspec's."""


def read_bytes(path: str) -> bytes:
    """Read a whole file.

    Raises:
        OSError: It cannot be read.
    """
    return ask(path, lambda files, url: files.cat_file(url))


def download(path: str, target: str) -> None:
    """Copy a whole file to a local one, in one request.

    Raises:
        OSError: The file cannot be read, or the local one cannot be written.
    """
    ask(path, lambda files, url: files.get_file(url, target))


def is_file(path: str) -> bool:
    """Whether a file is there.

    Raises:
        OSError: The server cannot be reached, or refuses.
    """
    try:
        return ask(path, _info)["type"] == "file"
    except FileNotFoundError:
        return False


def is_folder(path: str) -> bool:
    """Whether names begin with a folder's.

    Raises:
        OSError: The server cannot be reached, refuses, or is a web server, which has no folders.
    """
    if is_web(path):
        raise _without_listing(path)
    try:
        return ask(path, _info)["type"] == "directory"
    except FileNotFoundError:
        return False


def list_folder(path: str) -> Iterator[tuple[str, bool]]:
    """Yield the names in a folder, and whether each is a folder.

    Raises:
        OSError: There is no such folder, the server cannot be reached, refuses, or has no listing.
    """
    for name, entry in _listing(path).items():
        yield name, entry["type"] == "directory"


def list_below(path: str) -> list[str]:
    """List the URLs of all files below a folder.

    Raises:
        OSError: There is no such folder, the server cannot be reached, refuses, or has no listing.
    """
    if is_web(path):
        raise _without_listing(path)
    found = ask(path, lambda files, url: files.find(url))
    if not found:
        raise FileNotFoundError(f"there is no file below {path}")
    return [f"{_scheme(path)}://{name}" for name in found if not name.endswith("/")]


def glob_paths(pattern: str) -> list[str]:
    """List the URLs that match a pattern; names that start with a dot match no ``*``.

    Raises:
        OSError: The server cannot be reached, refuses, or has no listing.
    """
    if is_web(pattern):
        raise _without_listing(pattern)
    found = ask(pattern, lambda files, url: files.glob(url))
    hidden_too = pattern.rpartition("/")[2].startswith(".")
    return [
        f"{_scheme(pattern)}://{path}"
        for path in found
        if hidden_too or not path.rpartition("/")[2].startswith(".")
    ]


def file_states(paths: Sequence[str]) -> list[FileState]:
    """Return the states of files; many of a bucket's folder cost one listing.

    Raises:
        OSError: A file is missing, or the server cannot be reached.
    """
    found = _infos(paths)
    for path in paths:
        if found[path] is None:
            raise FileNotFoundError(errno.ENOENT, f"there is no {path}")
        if found[path]["size"] is None:
            raise OSError(errno.EOPNOTSUPP, f"{path}: the server does not say how large it is")
    return [FileState(int(found[path]["size"]), _stamp(found[path])) for path in paths]


def missing_files(paths: Sequence[str]) -> list[str]:
    """List the files that are not there, in order.

    Raises:
        OSError: The server cannot be reached, or refuses.
    """
    found = _infos(paths)
    return [path for path in paths if found[path] is None]


def _infos(paths: Sequence[str]) -> dict[str, Any]:
    """Return what the servers say of files, by URL; None of one that is not there."""
    by_folder: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        by_folder[path.rpartition("/")[0]].append(path)
    found: dict[str, Any] = {}
    one_by_one: list[str] = []
    for folder, members in by_folder.items():
        if is_web(folder) or len(members) < _WORTH_A_LISTING:
            one_by_one += members
            continue
        try:
            listing = _listing(folder)
        except FileNotFoundError:
            listing = {}
        files = {name: entry for name, entry in listing.items() if entry["type"] == "file"}
        found.update((path, files.get(path.rpartition("/")[2])) for path in members)
    with ThreadPoolExecutor(_REQUESTS) as threads:
        found.update(zip(one_by_one, threads.map(_info_or_none, one_by_one), strict=True))
    return found


def _scheme(path: str) -> str:
    return path.partition("://")[0]


def _info_or_none(path: str) -> Mapping[str, Any] | None:
    try:
        return ask(path, _info)
    except FileNotFoundError:
        return None


def _listing(path: str) -> dict[str, Mapping[str, Any]]:
    """Return what a folder holds, by name."""
    if is_web(path):
        raise _without_listing(path)
    entries = ask(path, lambda files, url: files.ls(url, detail=True))
    named = ((entry["name"].rstrip("/").rpartition("/")[2], entry) for entry in entries)
    # Some programs keep an empty object of the folder's own name, which the listing holds.
    own = path.rstrip("/").partition("://")[2]
    return {name: entry for name, entry in named if entry["name"].rstrip("/") != own}


def _info(files: Any, url: str) -> Mapping[str, Any]:
    return files.info(url)


def _stamp(info: Mapping[str, Any]) -> str:
    return next((str(info[key]) for key in _STAMPS if info.get(key) is not None), "")


def _read_range(files: Any, url: str, start: int, end: int) -> bytes:
    if files.async_impl:
        return files.cat_file(url, start=start, end=end)
    # Others read through a buffer, which asks for megabytes more.
    return files.cat_file(url, start=start, end=end, cache_type="none")


def _without_listing(path: str) -> OSError:
    return OSError(
        errno.EOPNOTSUPP,
        f"{path}: a web server has no listing of a folder. Name each file, such as "
        "https://HOST/{00000..00041}.tar",
    )
