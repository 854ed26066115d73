"""Random access to many files, without opening one anew for each read."""

from collections import OrderedDict
from contextlib import suppress

from iclip.files.shard_cache import ShardCache
from iclip.files.storage import open_at
from iclip.files.stored_file import StoredFile


class OpenFiles:
    """The most recently read files, kept open.

    Forked processes and threads may share an object: no read moves a file's position, and a file is
    closed when nobody holds it any longer, a thread that reads it included.

    Args:
        max_open: Largest number of open files here, besides those being read. Linux allows a
            process 1024 by default.
        cache: Where whole copies of remote files are kept; None: each read is a request.
    """

    def __init__(self, max_open: int = 128, cache: ShardCache | None = None) -> None:
        self.max_open = max_open
        self._cache = cache
        # Each operation on it is atomic; what other threads do between two costs an open at most.
        self._files: OrderedDict[str, StoredFile] = OrderedDict()

    def read(self, path: str, size: int, offset: int) -> bytes:
        """Read exactly ``size`` bytes from ``offset`` on.

        Raises:
            OSError: The file cannot be read, or ends too early.
        """
        return self._file(path).read_at(offset, size)

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

    def __reduce__(self) -> tuple[type["OpenFiles"], tuple[int, ShardCache | None]]:
        # Descriptors mean nothing in a spawned data worker: it opens the files itself.
        return type(self), (self.max_open, self._cache)
