"""Peak memory of one call, in a process that has done nothing else before."""

import ctypes
import gc
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from iclip.benchmarks.harness.settings import Settings

_STATUS = Path("/proc/self/status")
# Writing 5 makes the kernel forget the peak so far (proc_pid_clear_refs(5)).
_CLEAR_REFS = Path("/proc/self/clear_refs")


def peak_gib(run: Callable[[], object], settings: Settings) -> float:
    """Measure the peak memory of one call in GiB, above what there was before it.

    On a CPU this is the process's resident memory, so call it in a process of its own. It includes
    what the libraries set up in their first call.
    """
    gc.collect()
    if settings.device == "cuda":
        with settings.memory() as peak:
            run()
        return peak.above
    _give_back_freed_memory()
    before = _status_gib("VmRSS")
    _CLEAR_REFS.write_text("5")
    run()
    return max(0.0, _status_gib("VmHWM") - before)


def peak_gib_in_a_process(command: Sequence[str]) -> float:
    """Run a command that prints what :func:`peak_gib` returns in its last line, and read that.

    Raises:
        RuntimeError: The command failed; the message has the end of what it said.
    """
    told = subprocess.run([*command], capture_output=True, text=True, check=False)
    if told.returncode:
        end = "\n".join(told.stderr.strip().splitlines()[-5:])
        raise RuntimeError(f"the process for the memory ended with {told.returncode}: {end}")
    return float(told.stdout.split()[-1])


def _give_back_freed_memory() -> None:
    """Have glibc give free memory back, which the call would otherwise use without being seen."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _status_gib(key: str) -> float:
    """Read a line of this process's status; ``getrusage`` would inherit the parent's peak."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(key))
    return int(line.split()[1]) * 1024 / 2**30
