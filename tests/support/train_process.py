"""Trainings in processes forked from one that has imported everything."""

import json
import time
from pathlib import Path
from typing import Any

from mmengine.config import Config

from tests.support.forkserver import forkserver
from tests.support.interrupted_run import run_train
from tests.support.torchrun import free_ports, torchrun_environment


def start(cfg: Config, folder: Path, *arguments: str, **options: Any) -> Any:
    """Start a run in ``folder``, with a work dir ``run`` and all output in ``output.txt``."""
    folder.mkdir(exist_ok=True)
    file = folder / "tiny.py"
    # Not while another process of the same run reads it.
    if not file.exists() or file.read_text() != cfg.pretty_text:
        file.write_text(cfg.pretty_text)
    # A process with a working directory names the run's folder from there.
    work_dir = "run" if "working_directory" in options else str(folder / "run")
    arguments = ("--work-dir", work_dir, "--device", "cpu", *arguments)
    process = forkserver().Process(
        target=run_train,
        args=(str(file), list(arguments), str(folder / "output.txt")),
        kwargs=options,
    )
    process.start()
    return process


def finish(cfg: Config, folder: Path, *arguments: str, **options: Any) -> int:
    """Run to the end; return the exit code, -9 of a killed process."""
    process = start(cfg, folder, *arguments, **options)
    process.join(120)
    assert process.exitcode is not None, f"the run hangs:\n{output(folder)}"
    return process.exitcode


def finish_on_two_ranks(
    cfg: Config, folder: Path, *arguments: str, second: Path | None = None
) -> list[int]:
    """Run two processes to the end, as torchrun starts them; return their exit codes.

    Args:
        cfg: The run's config.
        folder: See :func:`start`.
        arguments: Further arguments of the command line.
        second: The folder of rank 1, which is then a machine of its own: each rank works in its
            folder, and names files from there.
    """
    (port,) = free_ports(1)
    processes = []
    for rank, machine in enumerate((folder, second or folder)):
        options: dict[str, Any] = dict(environment=torchrun_environment(rank, 2, port))
        if second is not None:
            options["environment"]["LOCAL_RANK"] = "0"
            options["working_directory"] = str(machine)
        processes.append(start(cfg, machine, *arguments, "--launcher", "pytorch", **options))
    for process in processes:
        process.join(100)
    return [process.exitcode for process in processes]


def output(folder: Path) -> str:
    """Read what the runs in ``folder`` printed."""
    return (folder / "output.txt").read_text()


def records(folder: Path) -> list[dict[str, Any]]:
    """Read what the hook Record of all runs in ``folder`` wrote."""
    return [json.loads(line) for line in (folder / "record.jsonl").read_text().splitlines()]


def run_two_ranks(
    cfg: Config, folder: Path, *arguments: str, max_restarts: int = 0, patience: float = 20
) -> list[list[int]]:
    """Run two processes as torchrun does, which ends the others of a process that has failed.

    On one machine it does so at once, on several after seconds, as here.

    Args:
        cfg: The run's config.
        folder: See :func:`start`.
        arguments: Further arguments of the command line.
        max_restarts: How often both are started again.
        patience: Seconds that the other process has to end by itself.

    Returns:
        Exit codes of both, per attempt.
    """
    attempts: list[list[int]] = []
    while len(attempts) <= max_restarts and (not attempts or any(attempts[-1])):
        (port,) = free_ports(1)
        restarts = {"TORCHELASTIC_RESTART_COUNT": str(len(attempts))}
        processes = [
            start(
                cfg, folder, *arguments, "--launcher", "pytorch",
                environment=torchrun_environment(rank, 2, port) | restarts,
            )
            for rank in range(2)
        ]  # fmt: skip
        _wait_as_torchrun(processes, patience)
        attempts.append([process.exitcode for process in processes])
    return attempts


def _wait_as_torchrun(processes: list[Any], patience: float) -> None:
    """Wait until all have ended; after a failure, give the others a while, then end them."""
    deadline = time.monotonic() + 100
    while all(process.exitcode in (None, 0) for process in processes):
        if all(process.exitcode == 0 for process in processes) or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    for process in processes:
        process.join(patience)
    for process in processes:
        process.kill()
        process.join()
