"""Part 1: does it run at all? The doctor's checks, and a step of each method and each transfer."""

import math

from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.gpu.training import MethodStep
from iclip.benchmarks.gpu.transfer_models import TRANSFERS, TransferStep
from iclip.benchmarks.harness.settings import Settings
from iclip.benchmarks.harness.timing import seconds_of
from iclip.benchmarks.inputs.made_up import build_method, made_up_batch
from iclip.doctor import CAPABILITIES, try_capability

NAME = "runs"
MICRO = (
    *("micro/supervised.py", "micro/clip.py", "micro/multitask.py"),
    *("micro/unicl.py", "micro/iclip_names.py", "micro/iclip.py"),
)
SWIN_T = (
    *("supervised_swint.py", "clip_swint_pairs100.py", "multitask_swint.py"),
    *("unicl_swint_full.py", "iclip_swint_names.py", "iclip_swint_full.py"),
)


def run(settings: Settings, record: Record) -> None:
    """Record for each whether it works, the loss and the time of its second step."""
    for name in CAPABILITIES:
        tried = try_capability(name)
        if tried.works:
            record.add(NAME, f"doctor: {name}", "works", note=tried.detail)
        else:
            record.failed(NAME, f"doctor: {name}", tried.detail)
    for config in MICRO:
        _method(config, settings, record, side=32)
    for task in TRANSFERS:
        _transfer(task, "small", settings, record)
    for config in SWIN_T:
        _method(config, settings, record, side=56 if settings.tiny else 224)
    for task in TRANSFERS:
        _transfer(task, "Swin-T", settings, record)


def _method(config: str, settings: Settings, record: Record, side: int) -> None:
    """Take two steps of a method on images of ``side`` pixels."""
    with record.attempt(NAME, config):
        model = build_method(config, classes=50, tiny=settings.tiny)
        step = MethodStep(model, made_up_batch(model, 6, 6, side), settings)
        _second_step(step, config, settings, record)
    settings.free()


def _transfer(task: str, size: str, settings: Settings, record: Record) -> None:
    """Take two steps of a transfer's model in a given size."""
    what = f"{task}, {size}"
    with record.attempt(NAME, what):
        _second_step(TransferStep(task, size, settings), what, settings, record)
    settings.free()


def _second_step(
    step: MethodStep | TransferStep, what: str, settings: Settings, record: Record
) -> None:
    """Take two steps and record the second; the first one sets up kernels and optimizer."""
    step()
    seconds = seconds_of(step, settings)
    if not math.isfinite(step.loss):
        record.failed(NAME, what, f"the loss of the second step is {step.loss}")
    else:
        record.add(NAME, what, seconds, "s a step", f"the second step; loss {step.loss:.4g}")
