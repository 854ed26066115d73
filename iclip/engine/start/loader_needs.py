"""What the training's data loader needs of a machine: shared memory and open files.

Data workers hand their batches over in ``/dev/shm``. Where it is full, they die of a bus error; and
each tensor that waits there is an open file of the rank.
"""

import logging
import os
import resource
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.logging import print_log

from iclip.engine.start.global_batch import BATCH, batch_sizes_of
from iclip.messages import counted
from iclip.ranks.this_rank import this_rank
from iclip.settings import get_setting, walk_settings

SHARED_MEMORY = Path("/dev/shm")
# torch's default of the batches that each worker prepares ahead.
PREFETCH_FACTOR = 2
CHANNELS = 3  # of images, one byte each
# Tensors of a batch: images, labels, token ids.
TENSORS_PER_BATCH = 3
# Open files of a rank besides: pipes to each worker, and libraries, logs, sockets.
FILES_PER_WORKER, OTHER_FILES = 8, 200
# What mmengine raises the limit of open files to, if it may.
RESOURCE_LIMIT = 4096


@dataclass(frozen=True)
class LoaderNeeds:
    """What the data loaders of one machine's ranks hold at once.

    Attributes:
        shared_bytes: Bytes of shared memory, of all ranks.
        open_files: Open files of each rank.
        reckoning: How the bytes come about, for messages.
    """

    shared_bytes: int
    open_files: int
    reckoning: str


def loader_needs(
    cfg: Mapping[str, Any], local_ranks: int, ranks: int, device: str
) -> LoaderNeeds | None:
    """Compute the needs of a config's training.

    Args:
        cfg: The config.
        local_ranks: Ranks on the machine.
        ranks: Ranks on all machines, which share the global batch.
        device: What they run on: ``'cuda'`` or ``'cpu'``.

    Returns:
        None without data workers, and where the size of the images is not known in advance, as in
        downstream tasks.

    Raises:
        ValueError: The config's batch cannot be divided.
    """
    loader = cfg.get("train_dataloader") or {}
    workers = loader.get("num_workers", 0)
    size = _image_size(loader)
    sizes = batch_sizes_of(cfg, ranks, device)
    batch = get_setting(cfg, BATCH) if sizes is None else sizes.micro_batch_size
    if not workers or size is None or batch is None:
        return None
    ahead = loader.get("prefetch_factor") or PREFETCH_FACTOR
    batches = workers * ahead
    return LoaderNeeds(
        local_ranks * batches * batch * CHANNELS * size**2,
        batches * TENSORS_PER_BATCH + workers * FILES_PER_WORKER + OTHER_FILES,
        f"{counted(local_ranks, 'rank')} x {workers} workers x {ahead} batches x {batch} images of "
        f"{size} x {size} pixels",
    )


def loader_shortages(needs: LoaderNeeds, resource_limit: int = RESOURCE_LIMIT) -> list[str]:
    """Say what this machine has too little of, and how to mend it.

    Args:
        needs: Of the data loaders.
        resource_limit: The config's ``env_cfg.resource_limit``.
    """
    shortages = []
    free = free_shared_bytes()
    if free is not None and free < needs.shared_bytes:
        gigabytes = needs.shared_bytes / 1e9
        shortages.append(
            f"/dev/shm has {free / 1e9:,.1f} GB free, and the data workers hold up to "
            f"{gigabytes:,.1f} GB there ({needs.reckoning}): they would die of a bus error. "
            f"Give it {int(gigabytes * 1.25) + 1} GB (docker run --shm-size, mount -o "
            "remount,size=), or lower train_dataloader.num_workers or prefetch_factor"
        )
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    raised = resource_limit if hard == resource.RLIM_INFINITY else min(resource_limit, hard)
    limit = max(soft, raised)
    if soft != resource.RLIM_INFINITY and limit < needs.open_files:
        shortages.append(
            f"a process may open {limit:,} files, and a rank opens up to {needs.open_files:,} for "
            f"its data workers: raise the limit (ulimit -Hn, and env_cfg.resource_limit="
            f"{needs.open_files}), or lower train_dataloader.num_workers or prefetch_factor"
        )
    return shortages


def warn_of_shortages(cfg: Mapping[str, Any], local_ranks: int, ranks: int, device: str) -> None:
    """Log, on each machine once, what its data workers will lack; see :func:`loader_needs`."""
    needs = loader_needs(cfg, local_ranks, ranks, device)
    if needs is None or not this_rank().is_first_of_machine:
        return
    limit = get_setting(cfg, "env_cfg.resource_limit", RESOURCE_LIMIT)
    for shortage in loader_shortages(needs, limit):
        print_log(shortage, logger="current", level=logging.WARNING)


def free_shared_bytes() -> int | None:
    """Return the free bytes of shared memory; None where the system has no such folder."""
    if not SHARED_MEMORY.is_dir():
        return None
    found = os.statvfs(SHARED_MEMORY)
    return found.f_bavail * found.f_frsize


def _image_size(loader: Mapping[str, Any]) -> int | None:
    """Return the largest side in pixels that a transform of the data sets makes."""
    sizes = [
        value
        for key, value in walk_settings(loader.get("dataset"), "dataset")
        if key.endswith("image_transform.size") and isinstance(value, int)
    ]
    return max(sizes, default=None)
