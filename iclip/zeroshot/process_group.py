"""Several processes, started by torchrun, that embed a data set together.

Rank r of R embeds the batches r, r + R, r + 2 R and so on, on a GPU of its own. Rank 0 joins the
parts and goes on alone. This has run with several processes on a CPU, but not yet on several GPUs.
"""

import os
from collections.abc import Mapping

import torch
from mmengine.dist import get_world_size, is_distributed, is_main_process


def init_distributed(device: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """Join the other processes, if torchrun started more than this one.

    Args:
        device: The user's --device: ``cpu``, ``cuda``, or None for the GPU, if there is one.
        environment: This process's environment, in which torchrun states its rank.

    Returns:
        ``cpu``, or ``cuda``: this process's own GPU.

    Raises:
        ValueError: There are more processes than GPUs.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if int(environment.get("WORLD_SIZE", 1)) > 1:
        # Not mmengine's init_dist, which needs a GPU and makes decoding processes start slowly.
        if device == "cuda":
            _take_own_gpu(environment)
        torch.distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    return device


def are_several_ranks() -> bool:
    """Whether other processes share the work."""
    return get_world_size() > 1


def finish_distributed() -> bool:
    """Leave the other processes, and return whether this one goes on, as rank 0 does."""
    is_main = is_main_process()
    if is_distributed():
        torch.distributed.destroy_process_group()
    return is_main


def _take_own_gpu(environment: Mapping[str, str]) -> None:
    processes, gpus = int(environment["LOCAL_WORLD_SIZE"]), torch.cuda.device_count()
    if processes > gpus:
        raise ValueError(
            f"torchrun started {processes} processes, one per GPU, and this machine has {gpus}: "
            f"--nproc-per-node {max(gpus, 1)}, or --device cpu"
        )
    torch.cuda.set_device(int(environment["LOCAL_RANK"]))
