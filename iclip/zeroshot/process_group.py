"""Several processes, started by torchrun or srun, that embed a data set together.

Rank r of R embeds the batches r, r + R, r + 2 R and so on, on a GPU of its own. Rank 0 joins the
parts and goes on alone. This has run with several processes on a CPU, but not yet on several GPUs.
"""

import os
import socket
import uuid
from collections.abc import MutableMapping
from pathlib import Path

import torch
from mmengine.dist import get_world_size, is_distributed, is_main_process

from iclip.distributed import from_rank_0, gather_objects, get_rank
from iclip.files.atomic import write_atomically
from iclip.messages import listing
from iclip.ranks.process_group import join_process_group
from iclip.ranks.this_rank import this_rank
from iclip.ranks.watch import end_watch


def init_distributed(
    device: str | None, cache: Path, environment: MutableMapping[str, str] = os.environ
) -> str:
    """Join the other processes, if torchrun or srun started more than this one.

    Args:
        device: The user's --device: ``cpu``, ``cuda``, or None for the GPU, if there is one.
        cache: Folder of the kept embeddings, through which the ranks hand theirs to rank 0.
        environment: This process's environment, in which the launcher states its rank.

    Returns:
        ``cpu``, or ``cuda``: this process's own GPU.

    Raises:
        ValueError: There are more processes than GPUs, or ranks do not see rank 0's cache.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if this_rank(environment).world_size > 1:
        join_process_group(device, environment)
        check_shared(cache)
    return device


def check_shared(cache: Path) -> None:
    """Check that all ranks see one cache, before hours of work are lost.

    Raises:
        ValueError: A rank does not see what rank 0 writes there.
    """
    # A name of its own, which no file system has in its cache as missing.
    mark = cache / f"seen_by_all_ranks.{uuid.uuid4().hex}"
    mark = from_rank_0(lambda: _written(mark))
    here = f"rank {get_rank()} on {socket.gethostname()}"
    blind = [place for place in gather_objects(None if mark.is_file() else here) if place]
    if is_main_process():
        mark.unlink(missing_ok=True)
    if blind:
        raise ValueError(
            f"--cache {cache} is not the same folder for all processes: {listing(blind)} cannot "
            "see what rank 0 writes there. Name a folder that all machines share, or run on one "
            "machine"
        )


def are_several_ranks() -> bool:
    """Whether other processes share the work."""
    return get_world_size() > 1


def finish_distributed() -> bool:
    """Leave the other processes, and return whether this one goes on, as rank 0 does."""
    is_main = is_main_process()
    end_watch()
    if is_distributed():
        torch.distributed.destroy_process_group()
    return is_main


def _written(mark: Path) -> Path:
    write_atomically(mark, b"")
    return mark
