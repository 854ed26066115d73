"""Random access to many files, without opening one anew for each read."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from iclip.files.open_file_limit import room_for_files
from iclip.files.shard_cache import ShardCache
from iclip.files.storage import open_at
from iclip.files.stored_file import FileState, LocalFile, StoredFile, changed

# To open a file on a network file system is to wait for its server.
_THREADS = 16


class OpenFiles:
    """Files that stay open, and besides these the most recently read ones.

    Forked processes and threads may share an object: no read moves a file's position, and a file is
    closed when nobody holds it any longer, a thread that reads it included.

    Args:
        max_open: Largest number of open files here, besides those that stay open and those being
            read. Linux allows a process 1024 by default.
        cache: Where whole copies of remote files are kept; None: each read is a request.
        states: The states in which files are to be, by path. A local file is compared at each read,
            a remote one each time that it is opened.
    """

    def __init__(
        self,
        max_open: int = 128,
        cache: ShardCache | None = None,
        states: Mapping[str, FileState] | None = None,
    ) -> None:
        self.max_open = max_open
        self._cache = cache
        self._states = {} if states is None else states
        self._staying: frozenset[str] = frozenset()
        self._kept: dict[str, StoredFile] = {}
        # Each operation on it is atomic; what other threads do between two costs an open at most.
        self._files: OrderedDict[str, StoredFile] = OrderedDict()

    def keep(self, paths: Sequence[str]) -> int:
        """Open files that stay open, so that the processes forked from this one find them open.

        The process's limit of open files is raised for it. A file that cannot be opened is left to
        the read that needs it, whose error counts.

        Args:
            paths: Local files; the first ones, if not all of them can stay open.

        Returns:
            How many of them stay open.
        """
        staying = paths[: room_for_files(len(paths))]
        self._staying = frozenset(staying)
        with ThreadPoolExecutor(_THREADS) as threads:
            for _ in threads.map(self._try_to_open, staying):
                pass
        return len(staying)

    def read(self, path: str, size: int, offset: int) -> bytes:
        """Read exactly ``size`` bytes from ``offset`` on.

        Raises:
            OSError: The file cannot be read, ends too early, or is in another state.
        """
        file = self._file(path)
        content = file.read_at(offset, size)
        expected = self._states.get(path)
        # Afterwards, so that a change during the read is noticed, too.
        if expected is not None and (state := file.state) != expected:
            raise changed(path, state, expected)
        return content

    def close(self) -> None:
        """Close all files; a later read opens its file again."""
        self._kept.clear()
        self._files.clear()

    def _file(self, path: str) -> StoredFile:
        """Return an open file; if it has to be opened, another one may be closed."""
        file = self._kept.get(path)
        if file is not None:
            return file
        file = self._files.get(path)
        if file is not None:
            with suppress(KeyError):
                self._files.move_to_end(path)
            return file
        return self._open(path)

    def _open(self, path: str) -> StoredFile:
        file = open_at(path, self._cache)
        if path in self._staying:
            if isinstance(file, LocalFile):
                file.leave_low_numbers()
            self._kept[path] = file
            return file
        self._files[path] = file
        if len(self._files) > self.max_open:
            # The first entry is the one whose last read is the longest ago.
            with suppress(KeyError):
                self._files.popitem(last=False)
        return file

    def _try_to_open(self, path: str) -> None:
        with suppress(OSError):
            self._file(path)

    def __getstate__(self) -> dict[str, Any]:
        # Descriptors mean nothing in a spawned data worker: it opens the files itself.
        return {**self.__dict__, "_kept": {}, "_files": OrderedDict()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._staying:
            room_for_files(len(self._staying))  # a forked server may have another limit
