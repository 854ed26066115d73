"""Files that are read at any place, and their states; here, those of the operating system."""

import errno
import fcntl
import os
import stat
from contextlib import suppress
from functools import partial
from typing import NamedTuple, Protocol

from iclip.files.transient import tried_again

# Descriptors below it are those that `select` can take (FD_SETSIZE).
_SELECTABLE = 1024


class FileState(NamedTuple):
    """What tells whether a file has changed.

    Attributes:
        size: Number of bytes.
        stamp: Time of change in nanoseconds; of a remote file, what its server says of the content:
            an entity tag, a hash or a time. Empty where it says nothing.
    """

    size: int
    stamp: str


class StoredFile(Protocol):
    """A file that is read at any place, by any number of threads at once."""

    path: str

    @property
    def size(self) -> int:
        """Number of bytes."""

    @property
    def state(self) -> FileState:
        """The state of what is read."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Read exactly ``length`` bytes from ``offset`` on.

        Raises:
            OSError: The file cannot be read, or ends too early.
        """

    def close(self) -> None:
        """Free what the file holds; no thread may be reading."""


class LocalFile:
    """A file of the operating system.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor = -1  # closed, if opening fails
        self._descriptor = open_regular(path)

    @property
    def size(self) -> int:
        """Number of bytes."""
        return os.fstat(self._descriptor).st_size

    @property
    def state(self) -> FileState:
        """The state of the open file now, whatever its name stands for by now."""
        return state_of(os.fstat(self._descriptor))

    def read_at(self, offset: int, length: int) -> bytes:
        """Read exactly ``length`` bytes from ``offset`` on, again if a transient error occurs.

        Raises:
            OSError: The file cannot be read, or ends too early.
        """
        return tried_again(partial(self._read, offset, length), note=self._reopen_if_stale)

    def read_ahead(self) -> None:
        """Announce reads from front to back, so that the disk works while what is read is used."""
        if hasattr(os, "posix_fadvise"):  # not on macOS
            os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)

    def forget(self, offset: int, length: int) -> None:
        """Have the system give back the memory in which it keeps what was read here.

        A file that is read through once would push out what others read again, and claiming fresh
        memory for it takes longer than reading.
        """
        if hasattr(os, "posix_fadvise"):  # not on macOS
            os.posix_fadvise(self._descriptor, offset, length, os.POSIX_FADV_DONTNEED)

    def leave_low_numbers(self) -> None:
        """Move the descriptor above the numbers that ``select`` can take.

        Where thousands of files stay open, sockets and pipes that are opened later still get one
        of those.
        """
        low = self._descriptor
        with suppress(OSError):  # there is no number left
            self._descriptor = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _SELECTABLE)
            os.close(low)

    def close(self) -> None:
        """Close the file; without it, that happens when nobody holds the object any longer."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _read(self, offset: int, length: int) -> bytes:
        content = os.pread(self._descriptor, length, offset)
        # One read returns 2 GiB at most.
        while len(content) < length:
            more = os.pread(self._descriptor, length - len(content), offset + len(content))
            if not more:
                raise ended_early(self.path, self.size, offset + length)
            content += more
        return content

    def _reopen_if_stale(self, error: OSError) -> None:
        """Open the file anew where a network file system has lost it."""
        if error.errno == errno.ESTALE:
            with suppress(OSError):  # the next read says it
                anew = open_regular(self.path)
                # Another thread that reads sees the old file or the new one.
                os.dup2(anew, self._descriptor, inheritable=False)
                os.close(anew)

    def __del__(self) -> None:
        self.close()


def open_regular(path: str | os.PathLike[str]) -> int:
    """Open a file for reading and return its descriptor.

    Raises:
        OSError: It cannot be opened, or is a folder, a pipe, whose reader would wait for ever, or a
            device, which may never end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # which regular files ignore
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    raise OSError(errno.EINVAL, "neither a file nor a folder, but a pipe or a device")


def state_of(status: os.stat_result) -> FileState:
    """Return the state that the operating system tells."""
    return FileState(status.st_size, str(status.st_mtime_ns))


def changed(path: str, state: FileState, expected: FileState) -> OSError:
    """Make the error for a file that is not in the state in which it was indexed."""
    sizes = f"{state.size:,} bytes" + ("" if state.size != expected.size else ", as many as before")
    return OSError(
        errno.EINVAL,
        f"{path} changed after it was indexed, or the run began (it has {sizes}): what is read "
        "would not be the samples of the index. A new start indexes it again",
    )


def ended_early(path: str, size: int, expected: int) -> OSError:
    """Make the error for a file that is shorter than its index says."""
    return OSError(
        errno.EINVAL,
        f"{path} has {size:,} bytes, but at least {expected:,} are expected: it changed after "
        "it was indexed, or the run began",
    )
