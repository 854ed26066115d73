"""The lock of a process that was killed."""

import json
import multiprocessing
import os
import signal
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from iclip.files.lock_owner import this_process


def leave_lock(lock: Path, **changes: Any) -> Path:
    """Leave what a process that was killed leaves; of this machine, if nothing else is said."""
    context = multiprocessing.get_context("fork")
    names = context.SimpleQueue()

    def hold() -> None:
        names.put(this_process())
        time.sleep(60)

    process = context.Process(target=hold)
    process.start()
    owner = replace(names.get(), **changes)
    os.kill(owner.pid, signal.SIGKILL)
    process.join(20)
    lock.parent.mkdir(exist_ok=True)
    lock.write_text(json.dumps(asdict(owner)))
    return lock
