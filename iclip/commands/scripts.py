"""Commands that a command runs, in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Event

from iclip.commands.command_line import CommandFailed
from iclip.progress import Progress


def program_of(name: str) -> list[str]:
    """Return what Python or torchrun runs for a command, with or without a checkout.

    Args:
        name: The command's module or name.
    """
    return ["-m", "iclip", name.replace("_", "-")]


def run_command(
    name: str, arguments: Sequence[str], log: Path, environment: dict[str, str] | None = None
) -> None:
    """Run a command on one thread, and append its output to a log.

    Args:
        name: The command's name.
        arguments: The command's arguments.
        log: The log file; its folder is made.
        environment: What to change in this process's environment.

    Raises:
        CommandFailed: The command failed; the message names the log.
    """
    changed = os.environ | {"OMP_NUM_THREADS": "1"} | (environment or {})
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "a") as file:
        code = subprocess.run(
            [sys.executable, *program_of(name), *arguments],
            env=changed, stdout=file, stderr=file, check=False,
        ).returncode  # fmt: skip
    if code:
        raise CommandFailed(f"iclip {name} ended with exit code {code}; see {log}")


def run_side_by_side(runs: Sequence[Callable[[], str]], jobs: int) -> None:
    """Do some runs, a few at a time, and print the line that each returns as it ends.

    The first error is raised, and no further run begins.

    Args:
        runs: What to do, in order; each returns a line about itself.
        jobs: Runs at a time.
    """
    progress = Progress("", len(runs))
    failed = Event()

    def begin(run: Callable[[], str]) -> str | None:
        if failed.is_set():
            return None
        try:
            return run()
        except BaseException:
            failed.set()
            raise

    with ThreadPoolExecutor(jobs) as pool:
        try:
            for finished in as_completed([pool.submit(begin, run) for run in runs]):
                line = finished.result()
                if line is None:  # another one has failed, whose error is raised
                    continue
                progress.done += 1
                print(f"[{progress.done}/{len(runs)}] {line}, {progress.time_left()}", flush=True)
        except BaseException:
            # Runs that have begun end by themselves, so that none is left half-written.
            pool.shutdown(cancel_futures=True)
            raise
