"""A run's scores beside those that its config expects: within, outside or missing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from statistics import mean
from typing import Any

from iclip.messages import counted
from iclip.report.distribution import Spread, spread_of
from iclip.report.page_elements import Cell, Section, Table
from iclip.report.run import Run
from iclip.report.run_scores import RunScore, shown_scores
from iclip.results.expected import ExpectedScore, read_expected

WITHIN, OUTSIDE, MISSING = "within", "outside", "missing"
_TONES = {WITHIN: "good", OUTSIDE: "bad", MISSING: "bad"}


@dataclass(frozen=True)
class Comparison:
    """An expected score and what became of it.

    Attributes:
        run: The run's name.
        metric: The score's whole name.
        value: What the run has, in percent; None if it has no such score.
        expected: What its config expects, in percent.
        tolerance: How far the two may differ.
        counted: The samples that the run's score counts, in words; empty if it is missing.
        verdict: ``within``, ``outside`` or ``missing``.
        why: Each way in which it is not as expected, in words; empty if it is within.
    """

    run: str
    metric: str
    value: float | None
    expected: float
    tolerance: float
    counted: str
    verdict: str
    why: str

    def __str__(self) -> str:
        """``within   lvis: lvis/AP 55.8, expected 53.7 ± 9.3 (150 of 150 images)``."""
        measured = "-" if self.value is None else f"{self.value:.1f}"
        told = f"{self.metric} {measured}, expected {self.expected:.1f} ± {self.tolerance:.1f}"
        told += f" ({self.counted})" if self.counted else ""
        return f"{self.verdict:8} {self.run}: {told}" + (f": {self.why}" if self.why else "")


def compare_all(runs: Sequence[Run]) -> list[Comparison]:
    """Compare the scores of all runs whose configs expect any.

    Raises:
        ValueError: A config's ``expected`` is malformed, or names a score that is probably
            misspelt; the message names the run.
    """
    found = []
    for run in runs:
        try:
            found += compare(run)
        except ValueError as error:
            raise ValueError(f"{run.name}: {error}") from error
    return found


def compare(run: Run) -> list[Comparison]:
    """Compare the scores of a run with those that its config expects.

    Raises:
        ValueError: See :func:`compare_all`.
    """
    expected = read_expected(run.config)
    scores = shown_scores(run)
    _refuse_misspelt([entry.metric for entry in expected], scores)
    return [_compared(run, entry, scores.get(entry.metric)) for entry in expected]


def expected_section(runs: Sequence[Run]) -> Section:
    """Lay out the comparisons; what is malformed in a config stands in the text."""
    rows, faults = [], []
    for run in runs:
        try:
            rows += [_row(comparison) for comparison in compare(run)]
        except ValueError as error:
            faults.append(f"{run.name}: {error}.")
    columns = ["run", "score", "measured (%)", "expected (%)", "counted", "verdict", "why"]
    note = (
        "The setting expected of the runs' configs. Where a config gives the scores or the spread "
        "of equal runs, the tolerance is the 95 % prediction interval of one more."
    )
    tables = [Table("Expected scores", columns, rows, note)] if rows else []
    return Section("expected", "Expected scores", text=faults, tables=tables)


def as_plain(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    """Return comparisons as plain values for the report's JSON."""
    return [asdict(comparison) for comparison in comparisons]


def _compared(run: Run, expected: ExpectedScore, score: RunScore | None) -> Comparison:
    value, tolerance = mean(expected.values), _tolerance(expected)
    if score is None or score.value is None:
        why = "nothing to measure" if score else _why_missing(run)
        return Comparison(run.name, expected.metric, None, value, tolerance, "", MISSING, why)
    reasons = list(_reasons(expected, score, value, tolerance))
    return Comparison(
        run.name, expected.metric, score.value, value, tolerance, str(score.counts),
        OUTSIDE if reasons else WITHIN, "; ".join(reasons),
    )  # fmt: skip


def _tolerance(expected: ExpectedScore) -> float:
    """Return how far a run may lie from the expected value: as stated, or by the spread of runs."""
    if expected.tolerance is not None:
        return expected.tolerance
    spread = Spread(*expected.spread, "") if expected.spread else spread_of(expected.values)
    assert spread is not None, expected
    return spread.allowed(len(expected.values))


def _reasons(
    expected: ExpectedScore, score: RunScore, value: float, tolerance: float
) -> Iterator[str]:
    """Say each way in which a score is not as expected."""
    assert score.value is not None
    difference = score.value - value
    if abs(difference) > tolerance:
        yield f"{difference:+.1f}"
    samples = score.counts.samples
    if expected.images is not None and samples.number != expected.images:
        yield f"counts {samples}, not {expected.images:,}"
    if expected.iterations is not None and score.iteration != expected.iterations:
        yield f"after {counted(score.iteration, 'iteration')}, not {expected.iterations:,}"


def _why_missing(run: Run) -> str:
    if run.evaluation is None and not run.results:
        return "the run has not been evaluated"
    return "not among the run's scores"


def _refuse_misspelt(names: Sequence[str], scores: Mapping[str, RunScore]) -> None:
    """Refuse the name of a score that the run lacks, and that resembles one of its others."""
    others = {name.casefold(): name for name in scores if name not in names}
    for name in names:
        near = get_close_matches(name.casefold(), others, n=1, cutoff=0.7)
        if name not in scores and near:
            meant = others[near[0]]
            raise ValueError(f"expected names {name}, which is not a score; is {meant} meant?")


def _row(comparison: Comparison) -> list[Cell | str]:
    value = comparison.value
    return [
        comparison.run,
        comparison.metric,
        "-" if value is None else f"{value:.1f}",
        f"{comparison.expected:.1f} ± {comparison.tolerance:.1f}",
        comparison.counted or "-",
        Cell(comparison.verdict, _TONES[comparison.verdict]),
        comparison.why or "-",
    ]
