"""The memory and the time of a fine-tuning, computed before it begins."""

import os
from typing import TYPE_CHECKING

from iclip.commands.planned_finetuning import PlannedFinetuning, read_planned
from iclip.finetune.asked import Asked
from iclip.messages import counted
from iclip.progress import clock_time

if TYPE_CHECKING:
    from iclip.planning.plan import Hardware


def forecast(plan: PlannedFinetuning, asked: Asked) -> list[str]:
    """Say what memory and time a training needs, a line each; its step is traced, for a minute.

    Args:
        plan: What is to be trained.
        asked: What the user asked for.
    """
    from iclip.planning import plan_training
    from iclip.planning.plan import GIB, Hardware

    cfg, machine, steps = read_planned(plan.config, asked), plan.choice.machine, plan.choice.steps
    if machine.device == "cpu":
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
        tensors = plan_training(cfg, Hardware(machine.processes, there)).step.peak_gib
        processes = counted(machine.processes, "process", "processes")
        return [
            f"memory  {tensors:.1f} GiB of tensors at the peak of a step, in {processes}; this "
            f"machine has {there:.0f} GiB",
            f"time    not computed for a CPU: the log's eta says it after the first of {steps:,} "
            "steps",
        ]
    hardware = _this_gpu(machine.processes)
    computed = plan_training(cfg, hardware)
    verdict = "it fits" if computed.fits else "IT DOES NOT FIT: give a smaller --batch-size"
    memory = f"{computed.needed_gib:.1f} of {hardware.memory_gib:.0f} GiB of each GPU"
    return [
        f"memory  {memory}: {verdict}",
        f"time    {_time(computed.step_seconds, steps)}",
    ]


def _this_gpu(count: int) -> "Hardware":
    import torch

    from iclip.gpu_models import model_of_card
    from iclip.planning.plan import GIB, Hardware

    card = torch.cuda.get_device_properties(0)
    return Hardware(count, card.total_memory / GIB, card.name, model_of_card(card.name))


def _time(step_seconds: tuple[float, float] | None, steps: int) -> str:
    if step_seconds is None:
        return "not known for this GPU"
    least, most = (clock_time(seconds * steps) for seconds in step_seconds)
    return (
        f"{least} to {most} for {steps:,} steps, from the GPU's peak rate; validations come on top"
    )
