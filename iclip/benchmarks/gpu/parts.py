"""What the hub does on a GPU, in one run, in order of importance.

The parts run in a process of their own. When one fails, hangs or breaks the
GPU's context, that is recorded, and a new process goes on with the next part.
"""

import importlib
import json
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.harness.settings import Settings

Part = Callable[[Settings, Record], None]
# In order of importance: the module with the part's `run`, and its share of the time. A part that
# ends early leaves its time to the next ones.
PARTS = {
    "runs": ("first_steps", 0.2),
    "attention": ("attention_kernels", 0.04),
    "backbone": ("backbone_speed", 0.24),
    "joint step": ("joint_step", 0.13),
    "transfers": ("transfer_speed", 0.09),
    "zero-shot": ("zero_shot_speed", 0.05),
    "compiled step": ("compiled_step", 0.25),
}
# A part looks at the clock between its measurements and stops at its deadline by itself. One that
# hangs is killed so many seconds later.
GRACE_SECONDS = 10.0
POLL_SECONDS = 0.2


def load_part(part: str) -> Part:
    """Import what runs a part, and nothing of the others, which may lack a package."""
    return importlib.import_module(f"iclip.benchmarks.gpu.{PARTS[part][0]}").run


def deadlines(parts: Sequence[str], start: float, minutes: float) -> dict[str, float]:
    """Return when each part must be done, as ``time.time()`` counts."""
    # The shares of the chosen parts fill the whole time, whatever their sum.
    total, shares, found = sum(PARTS[part][1] for part in parts), 0.0, {}
    for part in parts:
        shares += PARTS[part][1] / total
        found[part] = start + 60 * minutes * shares
    return found


def run_parts(until: dict[str, float], settings: Settings, record: Record) -> None:
    """Run parts one after the other, in this process.

    Args:
        until: When each must be done; a part whose time is over is recorded as such.
        settings: Without a deadline.
        record: A record that has been started.
    """
    for part, end in until.items():
        record.begin(part)
        if time.time() >= end:
            record.failed(part, "whole part", "its time was over before it began")
            continue
        with record.attempt(part, "whole part"):
            load_part(part)(replace(settings, until=end), record)


def supervise(
    until: dict[str, float], command: Sequence[str], record: Record, grace: float = GRACE_SECONDS
) -> None:
    """Run parts in a process, and after each that fails the rest in a new one.

    Args:
        until: When each part must be done.
        command: Calls :func:`run_parts`; the deadlines are appended to it as JSON.
        record: A record that has been started.
        grace: Seconds that a part gets after its deadline.
    """
    left = dict(until)
    while left:
        begun = len(_begun(record))  # by earlier processes
        process = subprocess.Popen([*command, json.dumps(left)])
        try:
            status = _wait(process, left, begun, record, grace)
        finally:
            process.kill()
        started = _begun(record)[begun:]
        if status == 0:
            return
        # The part that began last; none if the process failed before its first one.
        failed = started[-1] if started else next(iter(left))
        record.failed(failed, "whole part", status_text(status))
        names = list(left)
        left = {name: left[name] for name in names[names.index(failed) + 1 :]}


def status_text(status: int | None) -> str:
    """Say how a process ended."""
    if status is None:
        return "ended: its time was over"
    return f"its process ended with status {status}"


def _wait(
    process: subprocess.Popen, left: dict[str, float], begun: int, record: Record, grace: float
) -> int | None:
    """Wait for a process; return its exit status, None if it was killed after a deadline."""
    while process.poll() is None:
        time.sleep(POLL_SECONDS)
        started = _begun(record)[begun:]
        part = started[-1] if started else next(iter(left))
        if time.time() > left[part] + grace:
            process.kill()
            process.wait()
            return None
    return process.returncode


def _begun(record: Record) -> list[str]:
    """List the parts that have begun, as their processes have written to the record."""
    return [line["begin"] for line in record.read() if "begin" in line]
