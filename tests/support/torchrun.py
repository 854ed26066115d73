"""What torchrun sets for the processes that it starts."""

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
