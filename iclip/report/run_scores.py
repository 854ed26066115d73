"""Every score of a run with what it counts and how it was measured, for programs and checks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iclip.report.counted_samples import Counts, counts_of_run, counts_of_tool
from iclip.report.protocols import protocol_of
from iclip.report.run import Run
from iclip.report.score_words import how_measured, views_in_words, views_of_evaluation
from iclip.results import Result
from iclip.tasks import in_percent

VALIDATION, TEST = "validation", "test"
# LVIS's and COCO's average over nothing.
_NOTHING_TO_MEASURE = -1.0


@dataclass(frozen=True)
class RunScore:
    """A score of a run.

    Attributes:
        metric: Its whole name, such as ``lvis/APr`` or ``imagenet1k/top1``.
        value: In percent; None where there was nothing to measure, such as large boxes.
        kind: ``validation``, ``test``, or the evaluation tool's kind.
        source: What measured it: the validation in training, tools/test.py, or a tool's file.
        dataset: Name of the data set; empty where scores do not name it.
        counts: The samples that it counts.
        how: Views, precision, class texts and prompts, in words.
        protocol: What it is comparable with, as the config or the tool says; None for own data.
        deviations: Each way in which a tool's evaluation differs from that protocol.
        iteration: Iterations that the model was trained for; 0 if unknown.
        checkpoint: SHA-256 of the file of weights; None if it was not a file, or is unknown.
    """

    metric: str
    value: float | None
    kind: str
    source: str
    dataset: str
    counts: Counts
    how: str
    protocol: str | None = None
    deviations: tuple[str, ...] = ()
    iteration: int = 0
    checkpoint: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for the report's JSON."""
        samples = self.counts.samples
        return {
            "metric": self.metric,
            "value": self.value,
            "dataset": self.dataset,
            "kind": self.kind,
            "source": self.source,
            "how": self.how,
            "iteration": self.iteration,
            "checkpoint": self.checkpoint,
            "counted": samples.number,
            "whole": samples.whole,
            "of_what": samples.things,
            "counted_in_words": str(self.counts),
            "left_out": list(self.counts.left_out),
            "protocol": self.protocol,
            "deviations": list(self.deviations),
        }


def scores_of(run: Run) -> list[RunScore]:
    """Collect the scores of a run: the evaluation to show first, the others, then the tools'."""
    shown = run.evaluation
    evaluations = sorted(
        [*run.tests[::-1], *([run.validation] if run.validation else [])],
        key=lambda evaluation: evaluation is not shown,
    )
    found = [score for evaluation in evaluations for score in _of_evaluation(run, evaluation)]
    for file, result in run.results.items():
        found += _of_tool(file, result)
    return found


def shown_scores(run: Run) -> Mapping[str, RunScore]:
    """Return one score of each name: the first of :func:`scores_of`."""
    found: dict[str, RunScore] = {}
    for score in scores_of(run):
        found.setdefault(score.metric, score)
    return found


def _of_evaluation(run: Run, result: Result) -> Iterator[RunScore]:
    is_test = any(result is test for test in run.tests)
    views = views_of_evaluation(run, result)
    settings = result.settings
    how = [views_in_words(views) if views else "", settings.augmentation, settings.precision]
    for part in result.sets:
        for metric, value in part.scores.items():
            yield RunScore(
                metric=metric,
                value=None if value == _NOTHING_TO_MEASURE else in_percent(metric, value),
                kind=TEST if is_test else VALIDATION,
                source="tools/test.py" if is_test else "validation in training",
                dataset=part.name,
                counts=counts_of_run(run, result, part, metric),
                how=", ".join(word for word in how if word),
                protocol=protocol_of(run, result),
                iteration=settings.iteration,
                checkpoint=settings.checkpoint,
            )


def _of_tool(file: str, result: Result) -> Iterator[RunScore]:
    for part in result.sets:
        for metric, value in part.scores.items():
            yield RunScore(
                metric=metric, value=value, kind=result.kind, source=file, dataset=part.name,
                counts=counts_of_tool(part), how=how_measured(result, part),
                protocol=part.protocol, deviations=part.deviations,
                checkpoint=result.settings.checkpoint,
            )  # fmt: skip
