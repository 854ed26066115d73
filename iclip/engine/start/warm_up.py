"""A warm-up that is longer than the run is shortened, with a warning.

Otherwise, the scheduler after the warm-up would raise an error, or the run would never reach its
learning rate.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmengine.logging import print_log
from mmengine.runner import IterBasedTrainLoop, Runner

# The part of the run that a shortened warm-up takes. The warm-ups of the recipes take 1 to 17 %.
WARM_UP_FRACTION = 0.1
# Fewest iterations of a warm-up: mmengine's LinearLR of one iteration stays at its start factor.
MIN_WARM_UP = 2
Scheduler = dict[str, Any]


@dataclass(frozen=True)
class RunLength:
    """The length of a run.

    Attributes:
        max_iters: Iterations of the run.
        epoch_length: Iterations of an epoch.
        setting: What sets the length, for messages: ``train_cfg.max_iters=1000``.
    """

    max_iters: int
    epoch_length: int
    setting: str

    def iterations(self, scheduler: Mapping[str, Any], key: str) -> int:
        """Return ``begin`` or ``end`` in iterations; by default, those of the run."""
        value = scheduler.get(key)
        if value is None:
            return 0 if key == "begin" else self.max_iters
        return int(value * (self.epoch_length if scheduler.get("by_epoch", True) else 1))

    def in_iterations(self, scheduler: Mapping[str, Any]) -> Scheduler:
        """Return the same scheduler, counted in iterations."""
        kept = {key: value for key, value in scheduler.items() if key != "convert_to_iter_based"}
        places = {key: self.iterations(scheduler, key) for key in ("begin", "end")}
        return {**kept, **places, "by_epoch": False}


def fit_warm_up(runner: Runner) -> None:
    """Fit the runner's ``param_scheduler`` to its run, before ``runner.train()``."""
    schedulers = runner.param_schedulers
    if isinstance(schedulers, Mapping) and "type" in schedulers:
        schedulers = [schedulers]
    if not isinstance(schedulers, list) or not all(isinstance(s, Mapping) for s in schedulers):
        return  # there are none, or one list per optimizer
    setting = f"train_cfg.max_iters={runner.max_iters}"
    if not isinstance(runner.train_loop, IterBasedTrainLoop):
        setting = f"train_cfg.max_epochs={runner.max_epochs}, {runner.max_iters} iterations"
    length = RunLength(runner.max_iters, len(runner.train_dataloader), setting)
    runner.param_schedulers, notes = fitted_schedulers(schedulers, length)
    for note in notes:
        print_log(note, logger="current", level=logging.WARNING)


def fitted_schedulers(
    schedulers: Sequence[Mapping[str, Any]], run: RunLength
) -> tuple[list[Scheduler], list[str]]:
    """Shorten a warm-up that does not fit into a run to a tenth of the run, or leave it out.

    A scheduler that began at the warm-up's end, or after the run, begins at the new end.

    Args:
        schedulers: Configs of mmengine's schedulers.
        run: The run's length.

    Returns:
        The schedulers, and a note per change and per schedule that the run cuts off.

    Raises:
        ValueError: A scheduler without an end of its own begins after the run.
    """
    fitted, notes = [dict(scheduler) for scheduler in schedulers], []
    for place, scheduler in enumerate(schedulers):
        end = run.iterations(scheduler, "end")
        # A warm-up as long as the run leaves no iteration to a scheduler after it.
        followed = end == run.max_iters and len(fitted) > 1
        if not _is_warm_up(scheduler) or (end <= run.max_iters and not followed):
            continue
        shorter = int(WARM_UP_FRACTION * run.max_iters)
        shorter = shorter if shorter >= MIN_WARM_UP else 0
        notes.append(
            f"param_scheduler.{place}: a warm-up of {end:,} iterations does not fit into the run "
            f"({run.setting}); here {f'it takes {shorter:,}' if shorter else 'there is none'}. "
            f"Set param_scheduler.{place}.end for another length"
        )
        fitted = [_begin_at(other, end, shorter, run) for other in fitted]
        fitted[place] = {**run.in_iterations(scheduler), "end": shorter}
    notes += _cut_off(fitted, run)
    return [scheduler for scheduler in fitted if scheduler.get("end") != 0], notes


def _is_warm_up(scheduler: Mapping[str, Any]) -> bool:
    kind = str(scheduler.get("type")).rpartition(".")[2]
    if scheduler.get("begin", 0) != 0 or "end" not in scheduler:
        return False
    # The defaults of mmengine's LinearLR; one that falls is not a warm-up.
    if kind == "LinearLR":
        return scheduler.get("start_factor", 1 / 3) < scheduler.get("end_factor", 1.0)
    return kind == "ConstantLR"


def _begin_at(scheduler: Scheduler, old_end: int, new_end: int, run: RunLength) -> Scheduler:
    """Move a scheduler that began at the warm-up's old end, or after the run, to the new end."""
    begin = run.iterations(scheduler, "begin")
    if begin != old_end and begin < run.max_iters:
        return scheduler
    scheduler = run.in_iterations(scheduler)
    scheduler |= {"begin": new_end, "end": min(scheduler["end"], run.max_iters)}
    # The cosine's half period: it has to end with the run.
    if "T_max" in scheduler:
        scheduler["T_max"] = scheduler["end"] - new_end
    return scheduler


def _cut_off(schedulers: Sequence[Scheduler], run: RunLength) -> list[str]:
    """Return a note per schedule that is longer than the run."""
    notes = []
    for place, scheduler in enumerate(schedulers):
        begin, end = run.iterations(scheduler, "begin"), run.iterations(scheduler, "end")
        if begin >= end and end > 0:
            raise ValueError(
                f"param_scheduler.{place}.begin is {scheduler['begin']}, but the run has "
                f"{run.max_iters:,} iterations ({run.setting}). Begin earlier, or train longer"
            )
        if end > run.max_iters:
            notes.append(
                f"param_scheduler.{place}: the schedule ends after {end:,} iterations, the run "
                f"before it ({run.setting}); the rest of the schedule is cut off"
            )
    return notes
