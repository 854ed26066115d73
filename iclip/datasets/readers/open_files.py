"""Random access to many files, without opening one anew for each read."""

import os
from collections import OrderedDict
from contextlib import suppress


class _OpenFile:
    """A descriptor that is closed when the last one who reads it lets go of it."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_RDONLY)

    def __del__(self) -> None:
        # There is none if the file could not be opened.
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)


class OpenFiles:
    """The most recently read files, kept open.

    Forked processes and threads may share an object: no read moves a file's position, and a file
    that is being read is not closed.

    Args:
        max_open: Largest number of open files here, besides those being read. Linux allows a
            process 1024 by default.
    """

    def __init__(self, max_open: int = 128) -> None:
        self.max_open = max_open
        # Each operation on it is atomic; what other threads do between two costs an open at most.
        self._files: OrderedDict[str, _OpenFile] = OrderedDict()

    def read(self, path: str, size: int, offset: int) -> bytes:
        """Read exactly ``size`` bytes from ``offset`` on.

        Raises:
            OSError: The file cannot be read, or ends too early.
        """
        file = self._file(path)
        try:
            content = os.pread(file.descriptor, size, offset)
        except OSError:
            # A server that was started again knows its old descriptors no more.
            self._files.pop(path, None)
            raise
        if len(content) != size:
            raise OSError(
                f"{path} has {os.fstat(file.descriptor).st_size} bytes, but its index expects "
                f"{offset + size}: it changed after the run began"
            )
        return content

    def close(self) -> None:
        """Close all files; a later read opens its file again."""
        self._files.clear()

    def _file(self, path: str) -> _OpenFile:
        """Return an open file; if it has to be opened, another one may be closed."""
        file = self._files.get(path)
        if file is not None:
            with suppress(KeyError):
                self._files.move_to_end(path)
            return file
        file = self._files[path] = _OpenFile(path)
        if len(self._files) > self.max_open:
            # The first entry is the one whose last read is the longest ago.
            with suppress(KeyError):
                self._files.popitem(last=False)
        return file

    def __reduce__(self) -> tuple[type["OpenFiles"], tuple[int]]:
        # Descriptors mean nothing in a spawned data worker: it opens the files itself.
        return type(self), (self.max_open,)
