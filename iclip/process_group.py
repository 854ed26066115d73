"""The process group of a run: the one place where ranks are connected.

It has run with several processes on a CPU (gloo), but not yet on several GPUs (NCCL).
"""

import os
from collections.abc import MutableMapping
from datetime import timedelta

import torch

from iclip.this_rank import ThisRank, this_rank, variables_of_torchrun

# How long a rank waits for the others, in seconds, before the run ends with an error. Longer than
# what rank 0 does alone (it ranks a validation's scores, it writes a checkpoint), and short enough
# for a run whose machine is gone not to be paid for long. By default, torch waits 10 minutes with
# NCCL and 30 with gloo.
TIMEOUT_S = 1800


def join_process_group(
    device: str,
    environment: MutableMapping[str, str] = os.environ,
    timeout_s: float = TIMEOUT_S,
    backend: str | None = None,
) -> ThisRank:
    """Connect this process with the others, if torchrun or ``srun`` started more than one.

    On GPUs, the process takes its own. A task of Slurm gets torchrun's variables, too.

    Args:
        device: ``'cuda'`` or ``'cpu'``.
        environment: This process's environment.
        timeout_s: Seconds after which a rank that waits for another one ends with an error.
        backend: Of torch.distributed; None: NCCL for GPUs, else gloo.

    Raises:
        ValueError: There are more processes on this machine than GPUs.
    """
    rank = this_rank(environment)
    if rank.launcher == "none" or torch.distributed.is_initialized():
        return rank
    if rank.launcher == "slurm":
        environment.update(variables_of_torchrun(environment))
    if device == "cuda":
        _take_own_gpu(rank)
    if backend is None:
        backend = "nccl" if device == "cuda" else "gloo"
    # Not mmengine's init_dist, which needs a GPU, and which makes data workers start slowly.
    torch.distributed.init_process_group(backend, timeout=timedelta(seconds=timeout_s))
    return rank


def checked_timeout(seconds: object, setting: str = "env_cfg.dist_cfg.timeout") -> float:
    """Return the seconds of a setting.

    Raises:
        ValueError: It is not a number above 0.
    """
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not 0 < seconds < float("inf"):  # type: ignore[operator]
        raise ValueError(
            f"{setting} is {seconds!r}; it takes the seconds, above 0, that a rank waits for the "
            f"others, such as {TIMEOUT_S}"
        )
    return float(seconds)  # type: ignore[arg-type]


def _take_own_gpu(rank: ThisRank) -> None:
    processes, gpus = rank.local_world_size, torch.cuda.device_count()
    if processes > gpus:
        remedy = (
            f"--nproc-per-node {max(gpus, 1)}"
            if rank.launcher == "pytorch"
            else "--ntasks-per-node and --gres=gpu:N of one number, without --gpus-per-task or "
            "--gpu-bind, which hide the other GPUs from a task"
        )
        starter = "torchrun" if rank.launcher == "pytorch" else "srun"
        raise ValueError(
            f"{starter} started {processes} processes, one per GPU, and this process sees {gpus} "
            f"GPUs: {remedy}; or --device cpu"
        )
    torch.cuda.set_device(rank.local_rank)
