"""The processes of a run: how many there are, on which device, and how they find each other."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from mmengine.config import Config

from iclip.messages import counted

# torchrun's variables for several machines.
MACHINES, MACHINE_RANK, FIRST_MACHINE, PORT = "NNODES", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT"


@dataclass(frozen=True)
class Launch:
    """The processes of one run.

    Attributes:
        processes: Processes on this machine, one per GPU.
        device: ``'cuda'`` or ``'cpu'``.
        machines: Number of machines, each with the same number of processes.
    """

    processes: int = 1
    device: str = "cpu"
    machines: int = 1

    @property
    def distributed(self) -> bool:
        """Whether there is more than one process in all."""
        return self.processes * self.machines > 1


def plan_launch(gpus: str | None, device: str | None, environment: Mapping[str, str]) -> Launch:
    """Decide on the processes from what the user asked for.

    Args:
        gpus: Processes on this machine: a number, ``'all'`` for one per visible GPU (one process
            without GPUs), or None for one process.
        device: ``'cuda'`` or ``'cpu'``; None for the GPUs, if ``gpus`` is a number or some are
            visible.
        environment: The process's environment.

    Raises:
        ValueError: ``gpus`` or NNODES is not a number from 1 up.
    """
    visible = torch.cuda.device_count()
    machines = _from_one_up(environment.get(MACHINES, "1"), MACHINES)
    if gpus is None or gpus == "all":
        count = max(visible, 1) if gpus == "all" and device != "cpu" else 1
        return Launch(count, device or ("cuda" if visible else "cpu"), machines)
    return Launch(_from_one_up(gpus, "GPUS", ", or 'all'"), device or "cuda", machines)


def count_ranks(launcher: str, launch: Launch, environment: Mapping[str, str]) -> int:
    """Count the processes of a run on all machines.

    Args:
        launcher: Who starts them: ``'none'`` for this process, ``'pytorch'`` or ``'slurm'``.
        launch: This machine's part of the run.
        environment: The process's environment.
    """
    if launcher == "none":
        return launch.processes * launch.machines
    return int(environment.get("WORLD_SIZE", environment.get("SLURM_NTASKS", "1")))


def launch_problems(launch: Launch, environment: Mapping[str, str]) -> list[str]:
    """Say what this machine lacks for a launch."""
    problems = []
    visible = torch.cuda.device_count()
    if launch.device == "cuda" and launch.processes > visible:
        asked = counted(launch.processes, "GPU")
        problems.append(
            f"GPUs: {asked} asked for, {visible} here{_visible(environment)}. "
            + (f"Ask for {visible} or fewer" if visible else "'--device cpu' runs without")
        )
    if launch.machines > 1:
        absent = [name for name in (MACHINE_RANK, FIRST_MACHINE) if name not in environment]
        if absent:
            problems.append(
                f"Machines: {MACHINES}={launch.machines}, but {' and '.join(absent)} "
                f"{'is' if len(absent) == 1 else 'are'} not set; "
                f"{FIRST_MACHINE} is the address of machine 0, {MACHINE_RANK} this one's number"
            )
    return problems


def torchrun_command(
    launch: Launch, script: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> list[str]:
    """Return the command that starts this machine's processes, each of which runs ``script``."""
    if launch.machines == 1:
        # torchrun then finds a free port: two runs on one machine do not connect to each other.
        rendezvous = ["--standalone"]
    else:
        rendezvous = [
            f"--nnodes={launch.machines}",
            f"--node-rank={environment[MACHINE_RANK]}",
            f"--master-addr={environment[FIRST_MACHINE]}",
            f"--master-port={environment.get(PORT, '29500')}",
        ]
    return [
        sys.executable,
        "-m",
        "torch.distributed.run",
        *rendezvous,
        f"--nproc-per-node={launch.processes}",
        script,
        *arguments,
    ]


def replace_by_torchrun(launch: Launch, script: str, arguments: Sequence[str]) -> None:
    """Replace this process by torchrun; does not return."""
    # Without this, torchrun sets one thread per process, with a warning. On a CPU, the processes
    # share the cores instead.
    share = (os.cpu_count() or 1) // launch.processes if launch.device == "cpu" else 1
    os.environ.setdefault("OMP_NUM_THREADS", str(max(share, 1)))
    command = torchrun_command(launch, script, arguments, os.environ)
    # The new program would lose what Python has buffered.
    sys.stdout.flush()
    os.execv(command[0], command)


def join_processes(cfg: Config, launch: Launch, script: str, arguments: Sequence[str]) -> None:
    """Become torchrun if several processes are needed, or join those that torchrun has started.

    Args:
        cfg: The run's config; ``launcher`` says who started this process.
        launch: The run's processes.
        script: What torchrun runs in each process.
        arguments: This process's arguments, which torchrun passes on to each process.
    """
    if cfg.launcher == "none" and launch.distributed:
        replace_by_torchrun(launch, script, [*arguments, "--launcher", "pytorch"])
    if cfg.launcher != "none" and launch.device == "cpu":
        join_cpu_processes(cfg)


def join_cpu_processes(cfg: Config) -> None:
    """Connect torchrun's processes over gloo; mmengine connects processes with GPUs only.

    Args:
        cfg: The run's config; its ``model_wrapper_cfg`` is set for the CPU.
    """
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("gloo")
    wrapper: dict[str, Any] = dict(cfg.get("model_wrapper_cfg") or {})
    wrapper.setdefault("type", "MMDistributedDataParallel")
    wrapper.setdefault("find_unused_parameters", cfg.get("find_unused_parameters", False))
    # As mmengine sets it for GPUs.
    wrapper.setdefault("broadcast_buffers", False)
    # DistributedDataParallel takes no device ids for a model on a CPU.
    wrapper["device_ids"] = None
    cfg.model_wrapper_cfg = wrapper


def _from_one_up(text: str, name: str, otherwise: str = "") -> int:
    """Read a whole number from 1 up; ``otherwise`` names, in the error, what else is allowed."""
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{name} is {text!r}; it takes a number from 1 up{otherwise}")
    return int(text)


def _visible(environment: Mapping[str, str]) -> str:
    name = "CUDA_VISIBLE_DEVICES"
    return f" ({name}={environment[name]})" if name in environment else ""
