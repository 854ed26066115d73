"""A function called on several ranks, each a process of its own on the CPU."""

import faulthandler
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch.distributed as dist
import torch.multiprocessing as mp

from tests.support.forkserver import forkserver


def call_on_ranks(count: int, folder: Path, function: Callable[[], Any]) -> list[Any]:
    """Call a function of a module on each of ``count`` ranks.

    Args:
        count: Number of ranks.
        folder: Where the ranks meet and leave their results.
        function: Returns what ``pickle`` takes.

    Returns:
        What it returned, in rank order.
    """
    forkserver()
    mp.start_processes(
        _call, (count, str(folder), function), nprocs=count, start_method="forkserver"
    )
    return [pickle.loads((folder / f"rank{rank}.pickle").read_bytes()) for rank in range(count)]


def _call(rank: int, count: int, folder: str, function: Callable[[], Any]) -> None:
    faulthandler.enable()  # A crash in compiled code says where: pytest shows the rank's stderr.
    store = f"file://{folder}/store"
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=count)
    Path(folder, f"rank{rank}.pickle").write_bytes(pickle.dumps(function()))
    # All leave together, and at once: where one rank takes gloo's group down while another still
    # uses its connection, a rank may crash after its results are written (SIGSEGV, seen once).
    dist.barrier()
    os._exit(0)
