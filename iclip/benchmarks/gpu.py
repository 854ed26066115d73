"""All that is unmeasured on a GPU, in one run, in order of importance.

Not run on a GPU yet. The parts run in a process of their own: one that fails, hangs or breaks the
GPU's context is recorded, and a new process goes on with the next.
"""

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from iclip.benchmarks.record import Record
from iclip.benchmarks.settings import Settings

Part = Callable[[Settings, Record], None]
# In order of importance: the module with the part's `run`, and its share of the time. What one
# leaves, the next ones have.
PARTS = {
    "runs": ("first_steps", 0.28),
    "attention": ("attention_kernels", 0.06),
    "backbone": ("backbone_speed", 0.24),
    "joint step": ("joint_step", 0.18),
    "transfers": ("transfer_speed", 0.16),
    "zero-shot": ("zero_shot_speed", 0.08),
}
# A part looks at the clock between its figures; one that does not come back is ended after these.
GRACE = 10.0
POLL = 0.2


def load(part: str) -> Part:
    """What runs a part; imported alone, so that what one part lacks does not stop the others."""
    return importlib.import_module(f"iclip.benchmarks.{PARTS[part][0]}").run


def ends(parts: Sequence[str], start: float, minutes: float) -> dict[str, float]:
    """When each part must be done, of the clock ``time.time()``."""
    total, shares, found = sum(PARTS[part][1] for part in parts), 0.0, {}
    for part in parts:
        shares += PARTS[part][1] / total
        found[part] = start + 60 * minutes * shares
    return found


def work(until: dict[str, float], settings: Settings, record: Record) -> None:
    """Runs parts one after the other, in this process.

    Args:
        until: When each must be done; a part whose time is over is recorded as such.
        settings: Without the time.
        record: Open.
    """
    for part, end in until.items():
        record.begin(part)
        if time.time() >= end:
            record.failed(part, "whole part", "its time was over before it began")
            continue
        with record.attempt(part, "whole part"):
            load(part)(replace(settings, until=end), record)


def supervise(
    until: dict[str, float], command: Sequence[str], record: Record, grace: float = GRACE
) -> None:
    """Run parts in processes, a new one behind each that fails.

    Args:
        until: When each part must be done.
        command: Calls :func:`work` with the parts and times that are appended to it as JSON.
        record: Open.
        grace: Seconds that a part gets above its time.
    """
    left = dict(until)
    while left:
        begun = len(_begun(record))
        process = subprocess.Popen([*command, json.dumps(left)])
        try:
            status = _wait(process, left, begun, record, grace)
        finally:
            process.kill()
        done = _begun(record)[begun:]
        if status == 0:
            return
        broken = done[-1] if done else next(iter(left))
        record.failed(broken, "whole part", status_text(status))
        names = list(left)
        left = {name: left[name] for name in names[names.index(broken) + 1 :]}


def status_text(status: int | None) -> str:
    """What became of a process, in words."""
    if status is None:
        return "ended: its time was over"
    return f"its process ended with status {status}"


def _wait(
    process: subprocess.Popen, left: dict[str, float], begun: int, record: Record, grace: float
) -> int | None:
    """The process's exit status; None where a part's time was over and it was ended."""
    while process.poll() is None:
        time.sleep(POLL)
        now = _begun(record)[begun:]
        part = now[-1] if now else next(iter(left))
        if time.time() > left[part] + grace:
            process.kill()
            process.wait()
            return None
    return process.returncode


def _begun(record: Record) -> list[str]:
    return [line["begin"] for line in record.read() if "begin" in line]


def worker_command(script: str, settings: Settings, out: Path) -> list[str]:
    """The command of a process for :func:`work`, less the parts."""
    flags = ["--tiny"] if settings.tiny else []
    given = ["--device", settings.device, "--out", str(out), *flags]
    return [sys.executable, script, "gpu", *given, "--work"]
