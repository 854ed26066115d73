"""The figures of a model card: those that were measured on the pushed weights, and how.

They come from the runs of the report's JSON (``iclip report --json``), each with its metric, value,
data, number of images, protocol and deviations.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iclip.files.places import without_places

MOST_ROWS = 60


@dataclass(frozen=True)
class Figure:
    """A measured score.

    Attributes:
        metric: Its whole name, such as ``imagenet1k/top1``.
        value: In percent.
        dataset: Name of the data set; may be empty.
        counted: How many things were counted, in words, such as ``150 of 150 images``.
        how: Precision, views and the like, in words.
        protocol: The protocol that the evaluation follows or comes near; None for own data.
        deviations: In what it differs from the protocol, in words.
        complete: Whether all was counted that the protocol counts.
        source: What measured it: validation in training, or a tool.
    """

    metric: str
    value: float
    dataset: str = ""
    counted: str = ""
    how: str = ""
    protocol: str | None = None
    deviations: tuple[str, ...] = ()
    complete: bool = False
    source: str = ""

    @property
    def remarks(self) -> str:
        """Protocol and deviations in words."""
        named = [f"protocol {self.protocol}"] if self.protocol else ["no public protocol"]
        return "; ".join([*named, *self.deviations, *([self.how] if self.how else [])])


def figures_of(
    runs: Sequence[Mapping[str, Any]], checkpoint: str, iteration: int | None
) -> tuple[list[Figure], list[str]]:
    """Take the scores of the pushed weights.

    Args:
        runs: Entries ``runs`` of the report's JSON.
        checkpoint: SHA-256 of the pushed file.
        iteration: The iteration that it states; None if it states none.

    Returns:
        The figures, and sentences on the scores that are of other weights.
    """
    found, others = [], []
    for run in runs:
        for score in run.get("scores") or []:
            if score.get("value") is None:  # there was nothing to measure
                continue
            why = _of_other_weights(score, checkpoint, iteration)
            if why is None:
                found.append(_figure(score))
            else:
                others.append(why)
    # What was measured twice with the same outcome is told once.
    return list(dict.fromkeys(found)), list(dict.fromkeys(others))


def _of_other_weights(
    score: Mapping[str, Any], checkpoint: str, iteration: int | None
) -> str | None:
    """Say why a score is not of the pushed weights; None if it is.

    A light file and a checkpoint of the same iteration hold the same weights, and are two files.
    """
    measured, steps = score.get("checkpoint"), score.get("iteration")
    source = score.get("source") or "an evaluation"
    if measured == checkpoint:
        return None
    if steps and iteration:
        if steps == iteration:
            return None
        return f"{source} is of iteration {steps}, and these weights are of iteration {iteration}"
    if measured is None:
        return f"{source} does not say which weights it measured"
    return f"{source} measured another checkpoint"


def _figure(score: Mapping[str, Any]) -> Figure:
    counted, whole = score.get("counted"), score.get("whole")
    return Figure(
        metric=str(score["metric"]),
        value=float(score["value"]),
        dataset=str(score.get("dataset") or ""),
        counted=str(score.get("counted_in_words") or ""),
        how=without_places(str(score.get("how") or "")),
        protocol=score.get("protocol"),
        deviations=tuple(map(without_places, score.get("deviations") or ())),
        complete=counted is not None and counted == whole,
        source=without_places(str(score.get("source") or "")),
    )


def figure_table(figures: Sequence[Figure]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield "| metric | value (%) | counted | measured by | protocol and deviations |"
    yield "|---|---|---|---|---|"
    for figure in figures[:MOST_ROWS]:
        cells = (
            figure.metric, f"{figure.value:.2f}", figure.counted or "not recorded",
            figure.source or "not recorded", figure.remarks,
        )  # fmt: skip
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    if len(figures) > MOST_ROWS:
        yield ""
        yield f"{len(figures) - MOST_ROWS} more were measured; the table shows the first."
