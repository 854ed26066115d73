"""What a process and its descendants hold, read from Linux's /proc."""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_SHARED_MEMORY = Path("/dev/shm")
_MB = 1e6


@dataclass(frozen=True)
class Sample:
    """What a tree of processes holds at one moment.

    Attributes:
        seconds: When, since the system's start.
        memory_mb: Memory of all processes that no file backs. A page that n processes share counts
            to 1/n in each, so that forked workers are not counted n times. Pages of files, such as
            libraries, are left out: their share depends on who else uses them.
        shared_mb: Shared memory that these processes map, counted alike.
        dev_shm_mb: What lies in /dev/shm, of the whole machine.
        open_files: File descriptors.
        threads: Threads of all processes.
        processes: Processes, the first one included.
        folder_mb: What lies in the watched folder.
    """

    seconds: float
    memory_mb: float
    shared_mb: float
    dev_shm_mb: float
    open_files: int
    threads: int
    processes: int
    folder_mb: float


def take_sample(pid: int, folder: Path) -> Sample:
    """Look at a process, its descendants and a folder.

    A process that ends in the meantime counts with what could still be read of it.

    Raises:
        ProcessLookupError: There is no process of that number.
    """
    tree = list(descendants(pid))
    if not tree:
        raise ProcessLookupError(f"process {pid} has ended")
    memory = [_memory_kib(process) for process in tree]
    shm = os.statvfs(_SHARED_MEMORY)
    return Sample(
        seconds=time.monotonic(),
        memory_mb=sum(own for own, _ in memory) * 1024 / _MB,
        shared_mb=sum(shared for _, shared in memory) * 1024 / _MB,
        dev_shm_mb=(shm.f_blocks - shm.f_bfree) * shm.f_frsize / _MB,
        open_files=sum(_count_entries(process, "fd") for process in tree),
        threads=sum(_count_entries(process, "task") for process in tree),
        processes=len(tree),
        folder_mb=_folder_bytes(folder) / _MB,
    )


def descendants(pid: int) -> Iterator[int]:
    """Yield a process and all below it that are alive."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        parent = _parent(int(entry.name)) if entry.name.isdecimal() else None
        if parent is not None:
            children.setdefault(parent, []).append(int(entry.name))
    waiting = [pid] if _parent(pid) is not None else []
    while waiting:
        process = waiting.pop()
        yield process
        waiting += children.get(process, [])


def _parent(pid: int) -> int | None:
    """Return the parent of a process; None if it has ended, as a zombie or altogether."""
    with suppress(OSError):
        # The name stands in parentheses and may hold blanks and parentheses.
        state, parent = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[:2]
        if state not in "ZX":
            return int(parent)
    return None


def _memory_kib(pid: int) -> tuple[int, int]:
    """Return a process's memory without a file and its shared memory, in KiB."""
    sizes = {"Pss_Anon": 0, "Pss_Shmem": 0}
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]:
            name, value = line.split()[:2]
            if name.rstrip(":") in sizes:
                sizes[name.rstrip(":")] = int(value)
    return sizes["Pss_Anon"], sizes["Pss_Shmem"]


def _count_entries(pid: int, kind: str) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        return len(os.listdir(_PROC / str(pid) / kind))
    return 0


def _folder_bytes(folder: Path) -> int:
    """Add up the files below a folder; links are none."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            status = path.lstat()
            total += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return total
