"""What training and testing do before they build a run."""

import os
from collections.abc import Sequence

from mmengine.config import Config

from iclip.engine.launch import Launch, join_cpu_processes, plan_launch, replace_by_torchrun
from iclip.engine.preflight import DataCheck, check_ready


def check_start(
    cfg: Config, gpus: str | None, device: str | None, data_checks: Sequence[DataCheck]
) -> Launch:
    """Plan the processes of a run and check that nothing is missing.

    Args:
        cfg: The run's config; ``cfg.launcher`` says who starts the processes.
        gpus: As in :func:`iclip.engine.launch.plan_launch`.
        device: ``'cuda'``, ``'cpu'`` or None, which stands for the GPUs if there are any.
        data_checks: As in :func:`iclip.engine.preflight.check_ready`.

    Raises:
        NotReadyError: Something is missing.
    """
    if cfg.launcher == "none":
        launch = plan_launch(gpus, device, os.environ)
    else:
        launch = Launch(int(os.environ.get("LOCAL_WORLD_SIZE", 1)), device or "cuda")
    check_ready(cfg, launch, os.environ, data_checks)
    return launch


def join_processes(cfg: Config, launch: Launch, script: str, arguments: Sequence[str]) -> None:
    """Become torchrun where several processes were asked for; join them where it has started them.

    Args:
        cfg: The run's config.
        launch: Its processes.
        script: What torchrun runs in each process.
        arguments: Of this process, which torchrun's processes get, too.
    """
    if cfg.launcher == "none" and launch.distributed:
        replace_by_torchrun(launch, script, [*arguments, "--launcher", "pytorch"])
    if cfg.launcher != "none" and launch.device == "cpu":
        join_cpu_processes(cfg)
