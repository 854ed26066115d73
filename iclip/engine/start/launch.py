"""The processes of a run: how many there are, on which device, and how they find each other."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from mmengine.config import Config

from iclip.messages import counted
from iclip.ranks.process_group import TIMEOUT_S, checked_timeout, join_process_group
from iclip.ranks.this_rank import this_rank
from iclip.settings import get_setting

# torchrun's variables for several machines.
MACHINES, MACHINE_RANK, FIRST_MACHINE, PORT = "NNODES", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT"
DEFAULT_PORT = "29500"  # torchrun's


@dataclass(frozen=True)
class Launch:
    """The processes of one run.

    Attributes:
        processes: Processes on this machine, one per GPU.
        device: ``'cuda'`` or ``'cpu'``.
        machines: Number of machines, each with the same number of processes.
        max_restarts: How often torchrun starts the processes again after a failure.
        listens: Whether the processes stop on notice (:mod:`iclip.stop_signals`).
    """

    processes: int = 1
    device: str = "cpu"
    machines: int = 1
    max_restarts: int = 0
    listens: bool = False

    @property
    def distributed(self) -> bool:
        """Whether there is more than one process in all."""
        return self.processes * self.machines > 1


def plan_launch(
    gpus: str | None, device: str | None, environment: Mapping[str, str], max_restarts: int = 0
) -> Launch:
    """Decide on the processes from what the user asked for.

    Args:
        gpus: Processes on this machine: a number, ``'all'`` for one per visible GPU (one process
            without GPUs), or None for one process.
        device: ``'cuda'`` or ``'cpu'``; None for the GPUs, if ``gpus`` is a number or some are
            visible.
        environment: The process's environment.
        max_restarts: See :class:`Launch`.

    Raises:
        ValueError: ``gpus`` or NNODES is not a number from 1 up, or ``max_restarts`` is negative.
    """
    if max_restarts < 0:
        raise ValueError(f"--max-restarts is {max_restarts}; it takes a number from 0 up")
    visible = torch.cuda.device_count()
    machines = _from_one_up(environment.get(MACHINES, "1"), MACHINES)
    if gpus is None or gpus == "all":
        count = max(visible, 1) if gpus == "all" and device != "cpu" else 1
        return Launch(count, device or ("cuda" if visible else "cpu"), machines, max_restarts)
    return Launch(
        _from_one_up(gpus, "GPUS", ", or 'all'"), device or "cuda", machines, max_restarts
    )


def count_ranks(launcher: str, launch: Launch, environment: Mapping[str, str]) -> int:
    """Count the processes of a run on all machines.

    Args:
        launcher: Who starts them: ``'none'`` for this process, ``'pytorch'`` or ``'slurm'``.
        launch: This machine's part of the run.
        environment: The process's environment.
    """
    if launcher == "none":
        return launch.processes * launch.machines
    return this_rank(environment).world_size


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


def launcher_problems(launcher: str, environment: Mapping[str, str]) -> list[str]:
    """Say whether ``--launcher`` is another one than this process was started by.

    Otherwise, each process would take itself for the only one of the run.
    """
    rank = this_rank(environment)
    if launcher == "slurm" and rank.launcher != "slurm":
        return [
            "Launcher: --launcher slurm, but srun did not start this process: SLURM_PROCID and "
            "SLURM_STEP_NUM_TASKS are not set. Use tools/slurm_train.sh, or srun itself"
        ]
    if launcher == "pytorch" and rank.launcher != "pytorch":
        return [
            "Launcher: --launcher pytorch, but RANK and WORLD_SIZE are not set: torchrun did not "
            "start this process. Leave --launcher out: --gpus N starts torchrun"
        ]
    # With NNODES, each of Slurm's tasks is to become torchrun.
    several = rank.launcher == "slurm" and rank.world_size > 1 and MACHINES not in environment
    if launcher == "none" and several:
        return [
            f"Launcher: srun started {rank.world_size} tasks of this run, each of which would "
            "train alone. Add --launcher slurm for one task per GPU, or set "
            f"{MACHINES}, {MACHINE_RANK} and {FIRST_MACHINE} for one task per machine"
        ]
    return []


def torchrun_command(
    launch: Launch, program: Sequence[str], arguments: Sequence[str], environment: Mapping[str, str]
) -> list[str]:
    """Return the command that starts this machine's processes, each of which runs ``program``."""
    if launch.machines == 1:
        # torchrun then finds a free port: two runs on one machine do not connect to each other.
        rendezvous = ["--standalone"]
    elif launch.max_restarts:
        # torchrun's other way to meet, below, keeps what failed processes left in its store. Here,
        # machines are numbered by their names' order.
        meeting_place = f"{environment[FIRST_MACHINE]}:{environment.get(PORT, DEFAULT_PORT)}"
        rendezvous = [
            f"--nnodes={launch.machines}",
            "--rdzv-backend=c10d",
            f"--rdzv-endpoint={meeting_place}",
            f"--rdzv-id={meeting_place}",
            f"--rdzv-conf=is_host={int(is_first_machine(environment))}",
        ]
    else:
        rendezvous = [
            f"--nnodes={launch.machines}",
            f"--node-rank={environment[MACHINE_RANK]}",
            f"--master-addr={environment[FIRST_MACHINE]}",
            f"--master-port={environment.get(PORT, DEFAULT_PORT)}",
        ]
    return [
        sys.executable,
        "-m",
        "iclip.ranks.torchrun" if launch.listens else "torch.distributed.run",
        *rendezvous,
        f"--nproc-per-node={launch.processes}",
        *([f"--max-restarts={launch.max_restarts}"] if launch.max_restarts else []),
        *program,
        *arguments,
    ]


def replace_by_torchrun(launch: Launch, program: Sequence[str], arguments: Sequence[str]) -> None:
    """Replace this process by torchrun; does not return."""
    # Without this, torchrun sets one thread per process, with a warning. On a CPU, the processes
    # share the cores instead.
    share = (os.cpu_count() or 1) // launch.processes if launch.device == "cpu" else 1
    os.environ.setdefault("OMP_NUM_THREADS", str(max(share, 1)))
    if launch.machines > 1 and launch.max_restarts:
        # The machines' counts of restarts differ, and by them, the processes would look for each
        # other in different places of torchrun's store; so they open one of their own.
        os.environ.setdefault("TORCH_DISABLE_SHARE_RDZV_TCP_STORE", "1")
    command = torchrun_command(launch, program, arguments, os.environ)
    # The new program would lose what Python has buffered.
    sys.stdout.flush()
    os.execv(command[0], command)


def is_first_machine(environment: Mapping[str, str]) -> bool:
    """Whether rank 0 will be among this machine's processes."""
    return environment.get(MACHINE_RANK, "0") == "0"


def needs_torchrun(cfg: Config, launch: Launch) -> bool:
    """Whether this process has to become torchrun, which starts those of the run."""
    return cfg.launcher == "none" and (launch.distributed or launch.max_restarts > 0)


def join_processes(
    cfg: Config, launch: Launch, program: Sequence[str], arguments: Sequence[str]
) -> None:
    """Become torchrun if it is needed, or join the processes that torchrun or Slurm has started.

    Args:
        cfg: The run's config; ``launcher`` says who started this process, and
            ``env_cfg.dist_cfg.timeout`` how many seconds ranks wait for each other.
        launch: The run's processes.
        program: What torchrun runs in each process: a script, or ``-m`` and a module with the
            first of its arguments.
        arguments: This process's arguments, which torchrun passes on to each process.
    """
    if needs_torchrun(cfg, launch):
        replace_by_torchrun(launch, program, [*arguments, "--launcher", "pytorch"])
    if cfg.launcher == "none":
        return
    settings = dict(get_setting(cfg, "env_cfg.dist_cfg") or {})
    timeout = checked_timeout(settings.get("timeout", TIMEOUT_S))
    # The config's backend is for GPUs.
    backend = settings.get("backend") if launch.device == "cuda" else None
    join_process_group(launch.device, timeout_s=timeout, backend=backend)


def _from_one_up(text: str, name: str, otherwise: str = "") -> int:
    """Read a whole number from 1 up; ``otherwise`` names, in the error, what else is allowed."""
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{name} is {text!r}; it takes a number from 1 up{otherwise}")
    return int(text)


def _visible(environment: Mapping[str, str]) -> str:
    name = "CUDA_VISIBLE_DEVICES"
    return f" ({name}={environment[name]})" if name in environment else ""
