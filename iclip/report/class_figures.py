"""One figure per class, as ``per_class.json`` of a transfer run or a confusion holds them."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from iclip.report.json_files import is_number

Confusion = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class ClassFigure:
    """What was measured of a class.

    Attributes:
        name: As shown.
        value: In percent; None where there was nothing to measure.
        count: Of what the evaluation counted.
        frequency: LVIS's ``rare``, ``common`` or ``frequent``; empty elsewhere.
    """

    name: str
    value: float | None
    count: int
    frequency: str = ""


@dataclass(frozen=True)
class ClassFigures:
    """An evaluation, class by class.

    Attributes:
        metric: As shown, such as ``IoU``.
        counted: What ``count`` counts, such as ``pixels``.
        classes: In the order of their labels.
        confusion: Counts, rows the truth; empty if they were not kept.
        undecided: Of each class how many had no prediction, since scores were equal or not
            finite; empty if they were not kept.
    """

    metric: str
    counted: str
    classes: tuple[ClassFigure, ...]
    confusion: Confusion = ()
    undecided: tuple[int, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of all classes."""
        return tuple(entry.name for entry in self.classes)


def read_class_figures(content: Any) -> ClassFigures:
    """Read what ``SavePerClass`` wrote.

    Raises:
        ValueError: It is something else; says what.
    """
    classes = content.get("classes") if isinstance(content, dict) else None
    if not isinstance(classes, list) or not classes:
        raise ValueError("holds no list of classes")
    entries = tuple(_read_class(position, entry) for position, entry in enumerate(classes))
    if all(entry.value is None for entry in entries):
        raise ValueError("has no value of any class")
    confusion = content.get("confusion")
    return ClassFigures(
        metric=str(content.get("metric", "figure")),
        counted=str(content.get("counted", "count")),
        classes=entries,
        confusion=() if confusion is None else _read_confusion(confusion, len(entries)),
        undecided=_read_undecided(content.get("undecided"), len(entries)),
    )


def accuracies(content: Any) -> ClassFigures:
    """Read a confusion of tools/zeroshot.py, ``names`` and ``counts``, as accuracies.

    Raises:
        ValueError: It is something else; says what.
    """
    names = content.get("names") if isinstance(content, dict) else None
    if not isinstance(names, list) or not names:
        raise ValueError("its confusion holds no list of names")
    counts = _read_confusion(content.get("counts"), len(names))
    undecided = _read_undecided(content.get("undecided"), len(names))
    totals = [sum(row) + more for row, more in zip(counts, undecided or [0] * len(names),
                                                   strict=True)]  # fmt: skip
    if not any(totals):
        raise ValueError("its confusion has counted nothing")
    classes = [
        ClassFigure(str(name), 100 * counts[i][i] / total if total else None, total)
        for i, (name, total) in enumerate(zip(names, totals, strict=True))
    ]
    return ClassFigures("accuracy", "images", tuple(classes), counts, undecided)


def mean_over_seeds(runs: Sequence[ClassFigures]) -> ClassFigures:
    """Means of the values that were measured, and sums of the confusions, of equal classes."""
    classes = []
    for entries in zip(*(run.classes for run in runs), strict=True):
        values = [entry.value for entry in entries if entry.value is not None]
        classes.append(replace(entries[0], value=statistics.mean(values) if values else None))
    confusion: Confusion = ()
    if all(run.confusion for run in runs):
        rows = zip(*(run.confusion for run in runs), strict=True)
        confusion = tuple(tuple(map(sum, zip(*row, strict=True))) for row in rows)
    undecided: tuple[int, ...] = ()
    if all(run.undecided for run in runs):
        undecided = tuple(map(sum, zip(*(run.undecided for run in runs), strict=True)))
    return replace(runs[0], classes=tuple(classes), confusion=confusion, undecided=undecided)


def _read_class(position: int, entry: Any) -> ClassFigure:
    place = f"classes[{position}]"
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ValueError(f"{place} has no name")
    value, count = entry.get("value"), entry.get("count", 0)
    if value is not None and not is_number(value):
        raise ValueError(f"{place} has the value {value!r}; a number or null stands there")
    if not _is_count(count):
        raise ValueError(f"{place} has the count {count!r}; a number from 0 stands there")
    return ClassFigure(entry["name"], value, count, str(entry.get("frequency") or ""))


def _read_confusion(counts: Any, size: int) -> Confusion:
    rows = counts if isinstance(counts, list) else []
    if len(rows) != size or not all(
        isinstance(row, list) and len(row) == size and all(map(_is_count, row)) for row in rows
    ):
        raise ValueError(f"its confusion is not a {size} x {size} table of counts")
    return tuple(tuple(row) for row in rows)


def _read_undecided(counts: Any, size: int) -> tuple[int, ...]:
    if counts is None:
        return ()
    if not isinstance(counts, list) or len(counts) != size or not all(map(_is_count, counts)):
        raise ValueError(f"its undecided is not a list of {size} counts")
    return tuple(counts)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
