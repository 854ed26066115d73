"""Who holds a lock, and whether that process still runs."""

import json
import os
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

# A lock has some 200 bytes; a longer file is something else.
_MAX_BYTES = 4096


@dataclass(frozen=True)
class Owner:
    """A process, such that no other one is taken for it.

    Attributes:
        host: The machine's name.
        pid: The process's number.
        numbering: What numbers mean the same in: the start of the machine, and its containers.
        started: When the process started, as its machine counts; empty where that cannot be known.
        since: When it took the lock.
    """

    host: str
    pid: int
    numbering: str
    started: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} (since {self.since})"


def this_process() -> Owner:
    """Describe this process as an owner from now on."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    pid = os.getpid()
    return Owner(socket.gethostname(), pid, _numbering(), _start_of(pid) or "", now)


def read_owner(lock: Path) -> Owner | None:
    """Read who holds a lock; None if it is gone, still empty, or not a lock."""
    try:
        with open(lock, "rb") as file:
            found = json.loads(file.read(_MAX_BYTES))
        owner = Owner(**found)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    texts = [value for name, value in found.items() if name != "pid"]
    # Control characters would reach the terminal with a message.
    if not all(isinstance(text, str) and text.isprintable() for text in texts):
        return None
    return owner if type(owner.pid) is int and owner.pid > 0 else None


def is_alive(owner: Owner) -> bool | None:
    """Whether an owner still runs; None if its numbers mean nothing here, as on another machine."""
    if (owner.host, owner.numbering) != (socket.gethostname(), _numbering()):
        return None
    started = _start_of(owner.pid)
    if started is not None:  # of another process, if it has the number by now
        return started == owner.started
    try:
        os.kill(owner.pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        pass
    return True


def create_lock(lock: Path, owner: Owner) -> bool:
    """Create a lock that names its owner, unless there is one already.

    One process alone can create a file, on network file systems, too, where other locks are
    unreliable.

    Returns:
        Whether it was created.

    Raises:
        OSError: It could not be written.
    """
    try:
        descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError:
        return False
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(owner)))
    except OSError:  # a full disk
        lock.unlink(missing_ok=True)
        raise
    return True


def _numbering() -> str:
    """Name what process numbers are unique in; another one after each start of the machine."""
    parts = []
    with suppress(OSError):  # Linux only
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(os.readlink("/proc/self/ns/pid"))
    return " ".join(parts)


def _start_of(pid: int) -> str | None:
    """Return when a process of this machine started; empty if it has ended, None if unknown."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name stands in parentheses and may hold blanks and parentheses. The state follows, and
    # the start is the 20th value from there (proc(5)).
    values = stat.rpartition(")")[2].split()
    return "" if values[0] in "ZX" else values[19]
