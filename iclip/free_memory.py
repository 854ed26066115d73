"""How much memory a process may still take, on a machine and in a container."""

from pathlib import Path

GB = 1e9
_MEMINFO = Path("/proc/meminfo")
# A container's limit and use, of cgroups' two versions.
_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


def free_memory() -> int | None:
    """Return the bytes that may still be taken without swapping; None where nothing says it."""
    stated = [_available(), *(_below_limit(Path(limit), Path(used)) for limit, used in _LIMITS)]
    return min((number for number in stated if number is not None), default=None)


def check_memory(needed: int, what: str, remedy: str) -> None:
    """Refuse what would not fit into memory, before anything of it is allocated.

    Args:
        needed: Bytes at the peak.
        what: What takes them, in the singular, as a message begins.
        remedy: What to do instead.

    Raises:
        ValueError: Less than that is free.
    """
    free = free_memory()
    if free is not None and needed > free:
        raise ValueError(
            f"{what} takes about {needed / GB:,.1f} GB of memory, and {free / GB:,.1f} GB are "
            f"free: {remedy}"
        )


def _available() -> int | None:
    """Return what Linux counts as available: free, or a cache that it can give up."""
    try:
        lines = _MEMINFO.read_text().splitlines()
    except OSError:
        return None
    stated = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(stated[0]) * 1024 if stated else None


def _below_limit(limit: Path, used: Path) -> int | None:
    try:
        return max(int(limit.read_text()) - int(used.read_text()), 0)
    except (OSError, ValueError):  # no container, or no limit: ``max``
        return None
