"""Which rank waits for data, and which one the others wait for."""

import socket
from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from mmengine.hooks import Hook, LoggerHook
from mmengine.runner import Runner

from iclip.distributed import gather_objects, get_world_size
from iclip.engine.hooks.watch_ranks import LOADING
from iclip.ranks.phases import WAITING, take_seconds
from iclip.registry import HOOKS

# A slow rank is reported again after so many lines of the log.
REPORTS_APART = 20


class RankTimes(NamedTuple):
    """Seconds per step that a rank has spent in each phase since the last line of the log."""

    rank: int
    machine: str
    seconds: Mapping[str, float]

    def __str__(self) -> str:
        return f"rank {self.rank} on {self.machine}"


class SlowRank(NamedTuple):
    """A rank that the others wait for.

    Attributes:
        rank: Its times.
        phase: What it is slow in.
        usual: Seconds per step that the median rank spends there.
    """

    rank: RankTimes
    phase: str
    usual: float

    @property
    def excess(self) -> float:
        """Seconds per step beyond the usual ones."""
        return self.rank.seconds.get(self.phase, 0.0) - self.usual


@HOOKS.register_module()
class LogRankTimes(Hook):
    """Exchange at each line of the log what the ranks have spent their time in.

    ``data_wait_max`` is the longest mean wait for data of any rank, in seconds per step, and
    ``data_wait_rank`` that rank; a single process has none. A rank that spends longer than the
    others in a phase of its own, by more than ``tolerance`` of a step, is named in a warning.
    Phases in which fast ranks wait for the slow one do not count, the backward pass among them. On
    a GPU, only what Python waits for shows: data and hooks, but not a GPU that is slower.

    Args:
        tolerance: A fraction of the time of a step.
    """

    # After WatchRanks, in the iteration before; before LoggerHook, whose line has the values.
    priority = "NORMAL"

    def __init__(self, tolerance: float = 0.2) -> None:
        if isinstance(tolerance, bool) or not 0 < tolerance < float("inf"):
            raise ValueError(
                f"LogRankTimes.tolerance is {tolerance!r}; it takes a fraction of a step, above 0"
            )
        self.tolerance = tolerance
        self.interval = 0
        self.steps = 0
        # Lines of the log for which each rank and phase are not reported again.
        self.quiet: dict[tuple[int, str], int] = {}

    def before_train(self, runner: Runner) -> None:
        """Look up the interval of the log."""
        loggers = [hook for hook in runner.hooks if isinstance(hook, LoggerHook)]
        self.interval = loggers[0].interval if loggers else 0

    def before_train_epoch(self, runner: Runner) -> None:
        """Forget the time of the start."""
        take_seconds()
        self.steps = 0

    def after_val(self, runner: Runner) -> None:
        """Forget the time of a validation, and of the steps before it since the last line."""
        take_seconds()
        self.steps = 0

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: object = None, outputs: object = None
    ) -> None:
        """Exchange the times, if a line of the log is due."""
        if get_world_size() == 1:
            return
        self.steps += 1
        if not self.every_n_train_iters(runner, self.interval):
            return
        own = {name: seconds / self.steps for name, seconds in take_seconds().items()}
        self.steps = 0
        ranks = [
            RankTimes(rank, machine, seconds)
            for rank, (machine, seconds) in enumerate(gather_objects((socket.gethostname(), own)))
        ]
        waits = [rank.seconds.get(LOADING, 0.0) for rank in ranks]
        runner.message_hub.update_scalar("train/data_wait_max", max(waits))
        runner.message_hub.update_scalar("train/data_wait_rank", waits.index(max(waits)))
        self._report(runner, ranks)

    def _report(self, runner: Runner, ranks: Sequence[RankTimes]) -> None:
        self.quiet = {key: lines - 1 for key, lines in self.quiet.items() if lines > 1}
        slow = slowest(ranks)
        step = median(sum(rank.seconds.values()) for rank in ranks)
        if slow is None or slow.excess < self.tolerance * step:
            return
        key = (slow.rank.rank, slow.phase)
        if key not in self.quiet:
            self.quiet[key] = REPORTS_APART
            runner.logger.warning(
                f"The other ranks wait for {slow.rank}, which is slow in {slow.phase}: "
                f"{slow.rank.seconds[slow.phase]:.3g} s of a step of {step:.3g} s, "
                f"{slow.usual:.3g} s on the median rank"
            )


def slowest(ranks: Sequence[RankTimes]) -> SlowRank | None:
    """Return the rank and the phase in which one spends the most time beyond the median rank's."""
    found = []
    phases = {name for rank in ranks for name in rank.seconds if WAITING not in name}
    for phase in sorted(phases):
        seconds = [rank.seconds.get(phase, 0.0) for rank in ranks]
        place = seconds.index(max(seconds))
        found.append(SlowRank(ranks[place], phase, median(seconds)))
    return max(found, key=lambda slow: slow.excess, default=None)
