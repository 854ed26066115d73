"""Random access to many files, without opening one anew for each read."""

from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from iclip.files.shard_cache import ShardCache
from iclip.files.storage import open_at
from iclip.files.stored_file import FileState, StoredFile, changed


class OpenFiles:
    """The most recently read files, kept open.

    Forked processes and threads may share an object: no read moves a file's position, and a file is
    closed when nobody holds it any longer, a thread that reads it included.

    Args:
        max_open: Largest number of open files here, besides those being read. Linux allows a
            process 1024 by default.
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
        # Each operation on it is atomic; what other threads do between two costs an open at most.
        self._files: OrderedDict[str, StoredFile] = OrderedDict()

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
        self._files.clear()

    def _file(self, path: str) -> StoredFile:
        """Return an open file; if it has to be opened, another one may be closed."""
        file = self._files.get(path)
        if file is not None:
            with suppress(KeyError):
                self._files.move_to_end(path)
            return file
        file = self._files[path] = open_at(path, self._cache)
        if len(self._files) > self.max_open:
            # The first entry is the one whose last read is the longest ago.
            with suppress(KeyError):
                self._files.popitem(last=False)
        return file

    def __reduce__(self) -> tuple[type["OpenFiles"], tuple[Any, ...]]:
        # Descriptors mean nothing in a spawned data worker: it opens the files itself.
        return type(self), (self.max_open, self._cache, self._states)
