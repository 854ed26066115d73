"""Several processes that embed a data set together, as torchrun starts them.

Each embeds every so-many-th batch on a GPU of its own; rank 0 puts the parts together and goes on
alone. Run with processes on a CPU; on several GPUs not yet.
"""

import os
from collections.abc import Mapping

import torch
from mmengine.dist import get_world_size, is_distributed, is_main_process


def init_distributed(device: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """Find the other processes, if torchrun started more than this one.

    Args:
        device: What the user asked for: ``cpu``, ``cuda``, or None: the GPU, if there is one.
        environment: The process's, in which torchrun says who is who.

    Returns:
        ``cpu``, or ``cuda``: this process's own GPU.

    Raises:
        ValueError: There are more processes than GPUs.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if int(environment.get("WORLD_SIZE", 1)) > 1:
        # Not mmengine's init_dist, which needs a GPU and makes the decoding processes start slowly.
        if device == "cuda":
            _take_own_gpu(environment)
        torch.distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    return device


def are_several_ranks() -> bool:
    """Whether other processes share the work."""
    return get_world_size() > 1


def finish_distributed() -> bool:
    """Part from the other processes; whether this one goes on, as rank 0 does."""
    goes_on = is_main_process()
    if is_distributed():
        torch.distributed.destroy_process_group()
    return goes_on


def _take_own_gpu(environment: Mapping[str, str]) -> None:
    processes, gpus = int(environment["LOCAL_WORLD_SIZE"]), torch.cuda.device_count()
    if processes > gpus:
        raise ValueError(
            f"torchrun started {processes} processes, one a GPU, and this machine has {gpus}: "
            f"--nproc-per-node {max(gpus, 1)}, or --device cpu"
        )
    torch.cuda.set_device(int(environment["LOCAL_RANK"]))
