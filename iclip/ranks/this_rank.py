"""Which rank this process is, as torchrun or Slurm says in its environment; read nowhere else.

It holds before there is a process group, and without one. Nothing here imports torch.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

# Ports of Slurm's jobs, below those that a system gives to outgoing connections (from 32768).
FIRST_PORT, NUM_PORTS = 10_000, 20_000


@dataclass(frozen=True)
class ThisRank:
    """A process among those of its run.

    Attributes:
        rank: Its number among all processes.
        local_rank: Its number among those of its machine.
        world_size: Number of all processes.
        local_world_size: Number of processes on its machine.
        launcher: Who started them: ``'pytorch'`` (torchrun), ``'slurm'`` or ``'none'``.
        restarts: How often torchrun has started the run again after a failure.
    """

    rank: int = 0
    local_rank: int = 0
    world_size: int = 1
    local_world_size: int = 1
    launcher: str = "none"
    restarts: int = 0

    @property
    def is_first(self) -> bool:
        """Whether it is rank 0, which alone writes what the run has once."""
        return self.rank == 0

    @property
    def is_first_of_machine(self) -> bool:
        """Whether it alone writes what each machine has once."""
        return self.local_rank == 0


def this_rank(environment: Mapping[str, str] = os.environ) -> ThisRank:
    """Read torchrun's variables, else those of a task that ``srun`` has started, else none.

    The shell of a Slurm batch script is not such a task: it has a ``SLURM_PROCID``, but no step.

    Raises:
        ValueError: A variable is not a number.
    """
    if "RANK" in environment and "WORLD_SIZE" in environment:
        world_size = _number(environment, "WORLD_SIZE")
        return ThisRank(
            _number(environment, "RANK"),
            _number(environment, "LOCAL_RANK", 0),
            world_size,
            _number(environment, "LOCAL_WORLD_SIZE", world_size),
            "pytorch",
            _number(environment, "TORCHELASTIC_RESTART_COUNT", 0),
        )
    if "SLURM_PROCID" in environment and "SLURM_STEP_NUM_TASKS" in environment:
        return ThisRank(
            _number(environment, "SLURM_PROCID"),
            _number(environment, "SLURM_LOCALID", 0),
            _number(environment, "SLURM_STEP_NUM_TASKS"),
            _tasks_of_machine(environment),
            "slurm",
        )
    return ThisRank()


def variables_of_torchrun(environment: Mapping[str, str]) -> dict[str, str]:
    """Say in torchrun's variables which of Slurm's tasks this is; torch and mmengine read those.

    The tasks meet at the step's first machine, at a port that follows from the numbers of job and
    step, unless ``MASTER_ADDR`` and ``MASTER_PORT`` are set.
    """
    rank = this_rank(environment)
    step = 1000 * _number(environment, "SLURM_JOB_ID", 0) + _number(environment, "SLURM_STEP_ID", 0)
    machines = environment.get("SLURM_STEP_NODELIST") or environment.get("SLURM_NODELIST", "")
    found = {
        "RANK": str(rank.rank),
        "LOCAL_RANK": str(rank.local_rank),
        "WORLD_SIZE": str(rank.world_size),
        "LOCAL_WORLD_SIZE": str(rank.local_world_size),
        "MASTER_ADDR": first_machine(machines) or "localhost",
        "MASTER_PORT": str(FIRST_PORT + step % NUM_PORTS),
    }
    set_by_user = {name: environment[name] for name in ("MASTER_ADDR", "MASTER_PORT")
                   if environment.get(name)}  # fmt: skip
    return found | set_by_user


def first_machine(machines: str) -> str:
    """Return the first of Slurm's list of machines.

    >>> first_machine("gpu[007-012,020],login")
    'gpu007'
    """
    # Commas between brackets separate numbers, the others machines.
    first = re.split(r",(?![^\[]*\])", machines)[0]
    return re.sub(r"\[([^,\-\]]+)[^\]]*\]", r"\1", first)


def _tasks_of_machine(environment: Mapping[str, str]) -> int:
    """Return the tasks on this machine, of a list by machine such as ``8(x2),4``."""
    counts: list[str] = []
    for part in environment.get("SLURM_STEP_TASKS_PER_NODE", "").split(","):
        found = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part)
        if found:
            counts += [found[1]] * int(found[2] or 1)
    machine = _number(environment, "SLURM_NODEID", 0)
    if machine < len(counts):
        return int(counts[machine])
    return _number(environment, "SLURM_STEP_NUM_TASKS")


def _number(environment: Mapping[str, str], name: str, default: int | None = None) -> int:
    text = environment.get(name, "" if default is None else str(default))
    if not text.isdecimal():
        raise ValueError(f"the environment's {name} is {text!r}; it takes a number from 0 up")
    return int(text)
