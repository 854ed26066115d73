"""A warm-up that is longer than the run is shortened, and said.

Such a run would end with an error of the scheduler that follows the warm-up, or would never reach
its learning rate.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.logging import print_log
from mmengine.runner import IterBasedTrainLoop, Runner

# Of the run; the recipes' own warm-ups take 1 to 17 %.
SHARE = 0.1
# mmengine's LinearLR of one iteration stays at its start factor.
SHORTEST = 2
Scheduler = dict[str, Any]


def fit_warm_up(runner: Runner) -> None:
    """Fit the runner's ``param_scheduler`` to its run, before ``runner.train()``."""
    schedulers = runner.param_schedulers
    if isinstance(schedulers, Mapping) and "type" in schedulers:
        schedulers = [schedulers]
    if not isinstance(schedulers, list) or not all(isinstance(s, Mapping) for s in schedulers):
        return  # none, or one list for each of several optimizers
    by_iterations = isinstance(runner.train_loop, IterBasedTrainLoop)
    epoch_length = len(runner.train_dataloader)
    setting = (
        f"train_cfg.max_iters={runner.max_iters}"
        if by_iterations
        else f"train_cfg.max_epochs={runner.max_epochs}, {runner.max_iters} iterations"
    )
    fitted, notes = fitted_schedulers(schedulers, runner.max_iters, epoch_length, setting)
    runner.param_schedulers = fitted
    for note in notes:
        print_log(note, logger="current", level=logging.WARNING)


def fitted_schedulers(
    schedulers: Sequence[Mapping[str, Any]], max_iters: int, epoch_length: int, setting: str
) -> tuple[list[Scheduler], list[str]]:
    """Shorten a warm-up that does not fit into a run to a tenth of it, or leave it out.

    What begins where the warm-up ended, or after the run, begins at its new end.

    Args:
        schedulers: Configs of mmengine's schedulers.
        max_iters: Iterations of the run.
        epoch_length: Iterations of an epoch.
        setting: What sets the run's length, for the notes.

    Returns:
        The schedulers, and a note for each change and for each schedule that the run cuts off.
    """
    fitted, notes = [dict(scheduler) for scheduler in schedulers], []
    ends = [_iterations(s, "end", max_iters, epoch_length) for s in fitted]
    for place, scheduler in enumerate(schedulers):
        followed = ends[place] == max_iters and len(fitted) > 1
        if not _is_warm_up(scheduler) or (ends[place] <= max_iters and not followed):
            continue
        end = int(SHARE * max_iters)
        end = end if end >= SHORTEST else 0
        notes.append(
            f"param_scheduler.{place}: a warm-up of {ends[place]:,} iterations does not fit into "
            f"the run ({setting}); here {f'it takes {end:,}' if end else 'there is none'}. Set "
            f"param_scheduler.{place}.end for another length"
        )
        fitted = [
            _begin_at(s, end, (ends[place], max_iters), max_iters, epoch_length) for s in fitted
        ]
        fitted[place] = {**_in_iterations(scheduler, max_iters, epoch_length), "end": end}
    notes += [
        f"param_scheduler.{place}: the schedule ends after {end:,} iterations, the run before it "
        f"({setting}); what is left of the schedule is cut off"
        for place, end in enumerate(_iterations(s, "end", max_iters, epoch_length) for s in fitted)
        if end > max_iters
    ]
    return [s for s in fitted if s.get("end") != 0], notes


def _is_warm_up(scheduler: Mapping[str, Any]) -> bool:
    kind = str(scheduler.get("type")).rpartition(".")[2]
    if scheduler.get("begin", 0) != 0 or "end" not in scheduler:
        return False
    if kind == "LinearLR":
        return scheduler.get("start_factor", 1 / 3) < scheduler.get("end_factor", 1.0)
    return kind == "ConstantLR"


def _begin_at(
    scheduler: Scheduler, end: int, moved: tuple[int, int], max_iters: int, epoch_length: int
) -> Scheduler:
    """Let a scheduler that began at the warm-up's old end, or after the run, begin at the new."""
    old_end, last = moved
    begin = _iterations(scheduler, "begin", max_iters, epoch_length)
    if begin != old_end and begin < last:
        return scheduler
    scheduler = _in_iterations(scheduler, max_iters, epoch_length)
    scheduler |= {"begin": end, "end": max(min(scheduler["end"], max_iters), end + 1)}
    if "T_max" in scheduler:
        scheduler["T_max"] = scheduler["end"] - end
    return scheduler


def _in_iterations(scheduler: Mapping[str, Any], max_iters: int, epoch_length: int) -> Scheduler:
    """The same scheduler, counted in iterations."""
    kept = {key: value for key, value in scheduler.items() if key != "convert_to_iter_based"}
    places = {key: _iterations(scheduler, key, max_iters, epoch_length) for key in ("begin", "end")}
    return {**kept, **places, "by_epoch": False}


def _iterations(scheduler: Mapping[str, Any], key: str, max_iters: int, epoch_length: int) -> int:
    """``begin`` or ``end`` in iterations; the end of a scheduler without one is the run's."""
    value = scheduler.get(key)
    if value is None:
        return 0 if key == "begin" else max_iters
    return int(value * (epoch_length if scheduler.get("by_epoch", True) else 1))
