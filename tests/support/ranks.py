"""A function called on several ranks, each a process of its own on the CPU."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def call_on_ranks(count: int, folder: Path, function: Callable[[], Any]) -> list[Any]:
    """Call a function of a module on each of ``count`` ranks.

    Args:
        count: Number of ranks.
        folder: Where the ranks meet and leave their results.
        function: Returns what ``torch.save`` takes.

    Returns:
        What it returned, in rank order.
    """
    mp.start_processes(
        _call, (count, str(folder), function), nprocs=count, start_method="forkserver"
    )
    return [torch.load(folder / f"rank{rank}.pt", weights_only=False) for rank in range(count)]


def _call(rank: int, count: int, folder: str, function: Callable[[], Any]) -> None:
    store = f"file://{folder}/store"
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=count)
    torch.save(function(), f"{folder}/rank{rank}.pt")
    dist.destroy_process_group()
