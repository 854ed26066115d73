"""Runs of two ranks that lose one of them, and go on by themselves, or lose their torchrun."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from iclip.ranks.watch import NO_ANSWER
from tests.chaos.faults import Fault
from tests.chaos.kills import any_moment
from tests.chaos.trial import ITERATIONS, Moment, Trial, config
from tests.support.source_imports import REPO
from tests.support.tiny_run.config import with_hooks
from tests.support.torchrun import free_ports
from tests.support.train_process import output, run_two_ranks

# Where a rank that was stopped (SIGSTOP) is missed after the limit of a step. Data are read ahead.
STEP_MOMENTS = ("forward", "backward", "step")
# Seconds after which a run without a torchrun has to be gone.
ORPHAN_S = 90


def rank_lost(trial: Trial, chance: random.Random) -> Fault:
    """Kill or stop one rank; both are started again (--max-restarts) and go on by themselves."""
    moment, action = any_moment(trial, chance), chance.choice(("SIGKILL", "SIGKILL", "SIGSTOP"))
    limit = 60
    if action == "SIGSTOP":
        # The first iteration of a process has the long limit of the start.
        iteration = chance.randrange(1, ITERATIONS)
        moment, limit = Moment(chance.choice(STEP_MOMENTS), iteration, moment.rank), 3
    cfg = with_hooks(
        config(trial.folder, trial.variant),
        dict(type="WatchRanks", step_limit=limit),
        disturbance(moment, action),
    )
    codes = run_two_ranks(cfg, trial.folder, max_restarts=1)
    assert codes[1:] == [[0, 0]], f"exit codes {codes}: {output(trial.folder)}"
    # The store that the ranks meet in is rank 0's here.
    named = f"rank {moment.rank} on ", "has lost the other ranks and the store", NO_ANSWER
    assert any(name in output(trial.folder) for name in named), "the lost rank is not named"
    return Fault("a rank is lost", f"{action}, {moment}; restarted", trial.lost())


def torchrun_lost(trial: Trial, chance: random.Random) -> Fault:
    """Kill torchrun, or a rank that torchrun starts again; what is left is resumed."""
    moment, action = any_moment(trial, chance), chance.choice(("SIGKILL", "torchrun"))
    file = write_config(trial, moment, action)
    code = start_torchrun(file, trial.folder, trial.folder, processes=2).wait()
    wait_until_gone(file)
    assert code == (0 if action == "SIGKILL" else -9), f"exit code {code}: {output(trial.folder)}"
    if code:
        trial.resume()
    fault = "torchrun is killed" if code else "a rank is lost under torchrun"
    return Fault(fault, f"{moment}", trial.lost())


def machine_loses_rank(trial: Trial, chance: random.Random) -> Fault:
    """Kill a rank of two machines that share no folder; both start again and go on."""
    moment = any_moment(trial, chance)
    file = write_config(trial, moment, "SIGKILL")
    (port,) = free_ports(1)
    machines = [trial.folder, trial.folder / "second"]
    machines[1].mkdir()
    meeting = dict(NNODES="2", MASTER_ADDR="localhost", MASTER_PORT=str(port))
    started = [
        start_torchrun(file, folder, trial.folder, processes=1, NODE_RANK=str(number), **meeting)
        for number, folder in enumerate(machines)
    ]
    codes = [process.wait() for process in started]
    assert codes == [0, 0], f"exit codes {codes}: {output(trial.folder)}"
    # torchrun numbers machines of one name as it likes; rank 0 alone writes checkpoints.
    if not (trial.run_folder / "latest.pth").exists():
        trial.run_folder.rename(trial.folder / "of_rank_1")
        (machines[1] / "run").rename(trial.run_folder)
    return Fault("a rank of two machines is lost", f"{moment}; restarted", trial.lost())


def write_config(trial: Trial, moment: Moment, action: str) -> Path:
    """Write the config of a run to which something happens; returns the file."""
    cfg = with_hooks(config(trial.folder, trial.variant), disturbance(moment, action))
    file = trial.folder / "under_torchrun.py"
    file.write_text(cfg.pretty_text)
    return file


def start_torchrun(
    config_file: Path, machine: Path, log: Path, processes: int, **variables: str
) -> subprocess.Popen[bytes]:
    """Start a machine's part of a run, which may restart once.

    Args:
        config_file: The run's config.
        machine: The folder in which it works.
        log: The folder of ``output.txt``.
        processes: Number of its ranks.
        variables: To be set besides, for several machines.
    """
    command = [
        sys.executable, str(REPO / "tools" / "train.py"), str(config_file), "--gpus",
        str(processes), "--device", "cpu", "--max-restarts", "1", "--work-dir", "run",
    ]  # fmt: skip
    own = {"PYTHONPATH": str(REPO), "OMP_NUM_THREADS": "1", **variables}
    with open(log / "output.txt", "a") as file:
        return subprocess.Popen(
            command, cwd=machine, env={**os.environ, **own}, stdout=file, stderr=file
        )


def disturbance(moment: Moment, action: str) -> dict[str, object]:
    """Return the hook by which something happens at a moment."""
    return dict(
        type="Disturb", moment=moment.name, action=action, iteration=moment.iteration,
        rank=moment.rank,
    )  # fmt: skip


def wait_until_gone(config_file: Path) -> None:
    """Wait until no process of a run is left, which is started with a config."""
    deadline = time.monotonic() + ORPHAN_S
    while running := processes_of(config_file):
        assert time.monotonic() < deadline, f"still running: {running}"
        time.sleep(0.2)


def processes_of(config_file: Path) -> list[int]:
    """List the processes whose command line names a file."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                line = (folder / "cmdline").read_bytes()
            except OSError:  # it has ended
                continue
            if str(config_file).encode() in line:
                found.append(int(folder.name))
    return found
