"""Random access to many files, without opening one anew for each read."""

import os
from collections import OrderedDict


class OpenFiles:
    """The most recently read files, kept open.

    Forked processes may share an object, because no read moves a file's position. Threads must not:
    one could close a file that another one is reading.

    Args:
        max_open: Largest number of open files here. Linux allows a process 1024 by default.
    """

    def __init__(self, max_open: int = 128) -> None:
        self.max_open = max_open
        self._descriptors: OrderedDict[str, int] = OrderedDict()

    def read(self, path: str, size: int, offset: int) -> bytes:
        """Read exactly ``size`` bytes from ``offset`` on.

        Raises:
            OSError: The file cannot be read, or ends too early.
        """
        descriptor = self._descriptor(path)
        content = os.pread(descriptor, size, offset)
        if len(content) != size:
            raise OSError(
                f"{path} has {os.fstat(descriptor).st_size} bytes, but its index expects "
                f"{offset + size}: it changed after the run began"
            )
        return content

    def close(self) -> None:
        """Close all files; a later read opens its file again."""
        while self._descriptors:
            os.close(self._descriptors.popitem()[1])

    def _descriptor(self, path: str) -> int:
        """Return a file's descriptor; if the file has to be opened, another one may be closed."""
        if path in self._descriptors:
            self._descriptors.move_to_end(path)
            return self._descriptors[path]
        descriptor = os.open(path, os.O_RDONLY)
        self._descriptors[path] = descriptor
        # The first entry is the one whose last read is the longest ago.
        if len(self._descriptors) > self.max_open:
            os.close(self._descriptors.popitem(last=False)[1])
        return descriptor

    def __reduce__(self) -> tuple[type["OpenFiles"], tuple[int]]:
        # Descriptors mean nothing in a spawned data worker: it opens the files itself.
        return type(self), (self.max_open,)

    def __del__(self) -> None:
        self.close()
