"""Scores of several runs as a distribution, and whether another score stands apart from it."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

from iclip.messages import counted

# Of 100 further runs of the same kind, 95 lie within what is allowed.
COVERAGE = 0.95
APART, NOT_APART, UNKNOWN = "apart", "not apart", "no verdict"


@dataclass(frozen=True)
class Spread:
    """How much scores of equal runs differ.

    Attributes:
        deviation: Sample standard deviation, in percent.
        runs: Number of the runs that it was measured on; 2 or more.
        origin: Whose runs they are, in words: ``these runs``, ``the toy world's``.
    """

    deviation: float
    runs: int
    origin: str

    def __post_init__(self) -> None:
        assert self.runs > 1, self.runs

    def allowed(self, averaged: int = 1) -> float:
        """Return how far one further run may lie from a mean of ``averaged`` runs.

        It is the half width of the prediction interval of a normal distribution whose deviation was
        estimated: Student's t with ``runs - 1`` degrees of freedom, times the deviation, times
        sqrt(1 + 1 / averaged).
        """
        quantile = float(stdtrit(self.runs - 1, (1 + COVERAGE) / 2))
        return quantile * self.deviation * (1 + 1 / averaged) ** 0.5


def spread_of(values: Sequence[float], origin: str = "these runs") -> Spread | None:
    """Return the spread of some runs' scores; None for fewer than two."""
    if len(values) < 2:
        return None
    return Spread(statistics.stdev(values), len(values), origin)


@dataclass(frozen=True)
class Verdict:
    """Whether a reference stands apart from a run's scores.

    Attributes:
        status: ``apart``, ``not apart`` or ``no verdict``.
        difference: The mean of the scores minus the reference.
        allowed: How far they may differ; None where no spread is known.
        words: The same for a reader, with whose spread was taken.
    """

    status: str
    difference: float
    allowed: float | None
    words: str


def verdict(values: Sequence[float], reference: float, otherwise: Spread | None) -> Verdict:
    """Tell whether one further score, the reference, could be of the same distribution.

    Args:
        values: Scores of equal runs, in percent; one or more.
        reference: A score of a single run: the paper's, or another work's.
        otherwise: The spread to take where there is one score only.
    """
    difference = statistics.mean(values) - reference
    spread = spread_of(values) or otherwise
    if spread is None:
        return Verdict(UNKNOWN, difference, None, "no verdict: one run, and no spread is known")
    allowed = spread.allowed(len(values))
    status = APART if abs(difference) > allowed else NOT_APART
    whose = f"{counted(spread.runs, 'run')}, ± {spread.deviation:.1f}"
    if len(values) == 1:
        whose = f"one run; {spread.origin}: {whose}"
    told = f"{status}: {abs(difference):.1f} off, {allowed:.1f} allowed ({whose})"
    return Verdict(status, difference, allowed, told)
