"""What torchrun and Slurm set for the processes that they start."""

import socket
from contextlib import ExitStack


def free_ports(count: int) -> list[int]:
    """Find different ports on which no process listens."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("localhost", 0))
        return [probe.getsockname()[1] for probe in probes]


def torchrun_environment(rank: int, ranks: int, port: int) -> dict[str, str]:
    """Return the variables of one process on a single machine."""
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(ranks),
        "LOCAL_WORLD_SIZE": str(ranks),
        "MASTER_ADDR": "localhost",
        "MASTER_PORT": str(port),
    }


def slurm_environment(rank: int, ranks: int) -> dict[str, str]:
    """Return what ``srun`` sets for one task on a single machine."""
    return {
        "SLURM_PROCID": str(rank),
        "SLURM_LOCALID": str(rank),
        "SLURM_NODEID": "0",
        "SLURM_STEP_NUM_TASKS": str(ranks),
        "SLURM_STEP_TASKS_PER_NODE": str(ranks),
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_JOB_ID": "42",
        "SLURM_STEP_ID": "1",
    }
