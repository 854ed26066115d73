"""How many files this process may have open; the limit is raised where that is allowed.

A process has two limits: the soft one holds, and it may raise it to the hard one by itself. The
usual soft limit is 1,024, the usual hard one 524,288 or 1,048,576.
"""

import os
import resource
from contextlib import suppress

# Files that a process may open besides: libraries, logs, sockets, and a file for each tensor that
# waits in shared memory. It is mmengine's limit for all of a process's files.
RESERVE = 4096


def room_for_files(wanted: int) -> int:
    """Raise the soft limit, if need be, so that more files may stay open.

    Args:
        wanted: Number of files that are to be opened and to stay open.

    Returns:
        How many of them may: at most ``wanted``, perhaps 0.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    others = _open_count() + RESERVE
    if soft != resource.RLIM_INFINITY and soft < others + wanted:
        raised = others + wanted
        if hard != resource.RLIM_INFINITY:
            raised = max(soft, min(raised, hard))
        with suppress(ValueError, OSError):  # macOS names a hard limit that it does not allow
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
    if soft == resource.RLIM_INFINITY:
        return wanted
    return max(0, min(wanted, soft - others))


def _open_count() -> int:
    """Count this process's open files; 0 where the system has no list of them."""
    with suppress(OSError):
        return len(os.listdir("/dev/fd"))
    return 0
