"""The line of the log that a person watches."""

import datetime
import resource
import sys
from typing import Any

import torch
from mmengine.runner import LogProcessor, Runner

from iclip.registry import LOG_PROCESSORS

# Iterations whose values are kept. mmengine copies the whole history of each value at every
# iteration, and stores it in every checkpoint: a longer history would slow training down.
MAX_HISTORY = 2000


@LOG_PROCESSORS.register_module(name=["OneLineLogProcessor", "TrainingLine"])
class OneLineLogProcessor(LogProcessor):
    """Print training as one short line; the visualizers get the same numbers under ``train/``.

    ::

        1200/100000  eta 9:12:33  2,914 img/s (data 2%)  loss 5.31 = cls 3.02 + con 2.29
        temp 0.0312  grad 1.84  lr 9.8e-04  mem 31.2 GB

    Losses, times and the gradient's norm are means over ``window_size`` iterations of rank 0.
    ``data`` is the fraction of the time that rank 0 waited for data; the rank that waited longest
    stands behind it (`LogRankTimes`). ``mem`` is the peak memory of the GPU, or on a CPU of the
    process.

    Args:
        window_size: Iterations to average over.
    """

    def __init__(self, window_size: int = 50) -> None:
        super().__init__(window_size=window_size, by_epoch=False, log_with_hierarchy=True)

    def get_log_after_iter(
        self, runner: Runner, batch_idx: int, mode: str
    ) -> tuple[dict[str, Any], str]:
        """Return what goes to the visualizers, and the line."""
        _trim_histories(runner)
        tag, line = super().get_log_after_iter(runner, batch_idx, mode)
        if mode != "train":
            return tag, line
        # With several parameter groups, mmengine also logs the rate without the groups' factors.
        tag.pop("train/base_lr", None)
        tag["train/memory_gb"] = peak_memory_gb()
        tag.pop("memory", None)
        eta = runner.message_hub.get_info("eta", 0.0)
        return tag, training_line(tag, runner.iter + 1, runner.max_iters, eta)

    def get_log_after_epoch(
        self, runner: Runner, batch_idx: int, mode: str, with_non_scalar: bool = False
    ) -> tuple[dict[str, Any], str]:
        """Return what goes to the visualizers, and one line with the metrics of all data sets."""
        tag, _ = super().get_log_after_epoch(runner, batch_idx, mode, with_non_scalar)
        times = (f"{mode}/time", f"{mode}/data_time")
        metrics = [
            f"{name.removeprefix(mode + '/')} {value:.4g}"
            for name, value in tag.items()
            if name not in times and isinstance(value, int | float)
        ]
        return tag, "  ".join([f"{mode}:", *metrics])


def training_line(
    scalars: dict[str, Any], iteration: int, max_iters: int, eta_seconds: float
) -> str:
    """Format one line.

    Args:
        scalars: Values by name, each name with the prefix ``train/``; all are optional.
        iteration: Iterations done.
        max_iters: Iterations of the whole run.
        eta_seconds: Seconds that are left of the run.
    """
    values = {name.removeprefix("train/"): value for name, value in scalars.items()}
    parts = [
        f"{iteration:>{len(str(max_iters))}}/{max_iters}",
        f"eta {datetime.timedelta(seconds=int(eta_seconds))}",
        _speed(values),
        _losses(values),
        _named(values, "temp", "temperature", ".4f"),
        _named(values, "grad", "grad_norm", ".2f"),
        " ".join(f"{name} {value:.1e}" for name, value in values.items() if name.startswith("lr")),
        _named(values, "mem", "memory_gb", ".1f", " GB"),
        _named(values, "decode errors", "decode_errors", "d")
        if values.get("decode_errors")
        else "",
        _named(values, "skipped", "skipped_steps", "d"),
    ]
    return "  ".join(filter(None, parts))


def peak_memory_gb() -> float:
    """Return the peak memory in GB: of the GPU's tensors, or without a GPU of this process."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e9
    # ru_maxrss is in kibibytes on Linux, and in bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def _speed(values: dict[str, Any]) -> str:
    """Format the speed with the share of time spent waiting: ``2,914 img/s (data 2%)``.

    With several ranks, another one that waits longer is named: ``(data 2%, 41% on rank 13)``.
    """
    if "images_per_second" not in values:
        return ""
    # At least 1e-9 s, to avoid a division by zero.
    step = max(values.get("time", 0.0), 1e-9)
    told = f"data {values.get('data_time', 0.0) / step:.0%}"
    if values.get("data_wait_rank"):
        told += f", {values['data_wait_max'] / step:.0%} on rank {values['data_wait_rank']:.0f}"
    return f"{values['images_per_second']:,.0f} img/s ({told})"


def _losses(values: dict[str, Any]) -> str:
    """Format the total and the terms that mmengine sums: ``loss 5.31 = cls 3.02 + con 2.29``."""
    if "loss" not in values:
        return ""
    terms = [
        f"{name.removeprefix('loss_')} {value:.3f}"
        for name, value in values.items()
        if "loss" in name and name != "loss"
    ]
    return f"loss {values['loss']:.3f}" + (f" = {' + '.join(terms)}" if len(terms) > 1 else "")


def _named(values: dict[str, Any], label: str, name: str, form: str, unit: str = "") -> str:
    """Format one value after its label; empty if it was not logged."""
    return f"{label} {values[name]:{form}}{unit}" if name in values else ""


def _trim_histories(runner: Runner) -> None:
    for history in runner.message_hub.log_scalars.values():
        history.max_length = MAX_HISTORY
