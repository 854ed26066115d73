"""The process group of a run: the one place where ranks are connected.

It has run with several processes on a CPU (gloo), but not yet on several GPUs (NCCL).
"""

import os
from collections.abc import MutableMapping
from datetime import timedelta

import torch

from iclip.ranks.phases import during
from iclip.ranks.this_rank import ThisRank, this_rank, variables_of_torchrun
from iclip.ranks.watch import watch_rank

# How long a rank waits for the others, in seconds, before the run ends with an error. Longer than
# what rank 0 does alone (it ranks a validation's scores, it writes a checkpoint), and short enough
# for a run whose machine is gone not to be paid for long. By default, torch waits 10 minutes with
# NCCL and 30 with gloo.
TIMEOUT_S = 1800

# NCCL's flight recorder: its name in torch up to 2.8 and since, and how many collectives it keeps.
# A step has about 20.
FLIGHT_RECORDER = ("TORCH_NCCL_TRACE_BUFFER_SIZE", "TORCH_FR_BUFFER_SIZE")
RECORDED_COLLECTIVES = 2000


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
    if "nccl" in backend:
        record_collectives(environment)
    with during("joining the other ranks"):
        _meet(backend, rank, timeout_s)
    return rank


def record_collectives(environment: MutableMapping[str, str]) -> None:
    """Have NCCL's watchdog write down the last collectives of each rank when one times out.

    torch's tool ``torchfrtrace`` reads the files and names the ranks that did not take part;
    ``TORCH_FR_DUMP_TEMP_FILE`` says where they go. That the process then ends is torch's default.
    Without NCCL on several GPUs, this has not been tried.
    """
    for name in FLIGHT_RECORDER:
        environment.setdefault(name, str(RECORDED_COLLECTIVES))
    environment.setdefault("TORCH_NCCL_DUMP_ON_TIMEOUT", "1")


def _meet(backend: str, rank: ThisRank, timeout_s: float) -> None:
    # Not mmengine's init_dist, which needs a GPU, and which makes data workers start slowly.
    try:
        torch.distributed.init_process_group(backend, timeout=timedelta(seconds=timeout_s))
    except torch.distributed.DistStoreError as error:
        raise OSError(
            f"rank {rank.rank} of {rank.world_size} has waited {timeout_s:,.0f} s "
            "(env_cfg.dist_cfg.timeout) for the other ranks to join: one has not started, has "
            "ended before it joined, or cannot reach the others. What those print says more; "
            f"several machines need one MASTER_ADDR and MASTER_PORT ({error})"
        ) from error
    store = torch.distributed.distributed_c10d._get_default_store()
    watch_rank(store, rank.rank, rank.world_size, timeout_s)


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
