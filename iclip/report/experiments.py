"""Seeds of one experiment: which of its runs count, and the distribution of each score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from iclip.messages import counted
from iclip.report.distribution import spread_of
from iclip.report.run import Run
from iclip.report.run_scores import shown_scores
from iclip.report.seeds import grouped


@dataclass(frozen=True)
class Experiment:
    """Runs that differ in their seed alone.

    Attributes:
        name: The experiment's name; that of the run, where it is alone.
        runs: All runs, those that failed included.
        without: Why a run does not count, by the run's name: it has no scores, or ended early.
        scores: Scores in percent by whole name, one for each run that counts and has it.
    """

    name: str
    runs: tuple[Run, ...]
    without: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def counting(self) -> list[Run]:
        """The runs whose scores count."""
        return [run for run in self.runs if run.name not in self.without]

    @property
    def numbers(self) -> str:
        """Write how many runs count: ``3 seeds``, ``2 of 3 seeds; seed2 has no scores``."""
        if not self.without:
            return counted(len(self.runs), "seed")
        told = "; ".join(f"{name} {why}" for name, why in self.without.items())
        return f"{len(self.counting)} of {counted(len(self.runs), 'seed')}; {told}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for the report's JSON."""
        spreads = {metric: spread_of(values) for metric, values in self.scores.items()}
        return {
            "name": self.name,
            "runs": [run.name for run in self.runs],
            "without_scores": [{"run": name, "why": why} for name, why in self.without.items()],
            "scores": {
                metric: {
                    "mean": mean(values),
                    "spread": spread.deviation if (spread := spreads[metric]) else None,
                    "runs": len(values),
                }
                for metric, values in self.scores.items()
            },
        }


def experiments(runs: Sequence[Run]) -> list[Experiment]:
    """Put the seeds of each experiment together, and tell which of them count."""
    return [_experiment(name, members) for name, members in grouped(runs).items()]


def _experiment(name: str, members: Sequence[Run]) -> Experiment:
    without = {run.name: why for run in members if (why := _why_without(run, members))}
    scores: dict[str, list[float]] = {}
    for run in members:
        if run.name in without:
            continue
        for metric, score in shown_scores(run).items():
            if score.value is not None:
                scores.setdefault(metric, []).append(score.value)
    return Experiment(name, tuple(members), without, scores)


def _why_without(run: Run, members: Sequence[Run]) -> str:
    """Say why a run does not count among its seeds; empty if it does."""
    reached, longest = run.last_step, max(other.last_step for other in members)
    if reached < longest:
        return f"ended at iteration {reached:,} of {longest:,}"
    if not run.metrics and not run.results:
        return "has no scores"
    return ""
