"""One figure a class, as ``per_class.json`` of a transfer run or a confusion holds them."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

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
    """

    metric: str
    counted: str
    classes: tuple[ClassFigure, ...]
    confusion: Confusion = ()

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
    )


def accuracies(content: Any) -> ClassFigures:
    """Read a confusion of tools/zeroshot.py, ``names`` and ``counts``, as accuracy a class.

    Raises:
        ValueError: It is something else; says what.
    """
    names = content.get("names") if isinstance(content, dict) else None
    if not isinstance(names, list) or not names:
        raise ValueError("its confusion holds no list of names")
    counts = _read_confusion(content.get("counts"), len(names))
    if not any(map(any, counts)):
        raise ValueError("its confusion has counted nothing")
    classes = [
        ClassFigure(str(name), 100 * row[i] / sum(row) if any(row) else None, sum(row))
        for i, (name, row) in enumerate(zip(names, counts, strict=True))
    ]
    return ClassFigures("accuracy", "images", tuple(classes), counts)


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
    return replace(runs[0], classes=tuple(classes), confusion=confusion)


def _read_class(position: int, entry: Any) -> ClassFigure:
    place = f"classes[{position}]"
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ValueError(f"{place} has no name")
    value, count = entry.get("value"), entry.get("count", 0)
    if value is not None and not (_is_number(value) and math.isfinite(value)):
        raise ValueError(f"{place} has the value {value!r}; a number or null stands there")
    if not _is_count(count):
        raise ValueError(f"{place} has the count {count!r}; a number from 0 stands there")
    return ClassFigure(entry["name"], value, count, str(entry.get("frequency") or ""))


def _read_confusion(counts: Any, size: int) -> Confusion:
    rows = counts if isinstance(counts, list) else []
    if len(rows) != size or not all(
        isinstance(row, list) and len(row) == size and all(map(_is_count, row)) for row in rows
    ):
        raise ValueError(f"its confusion is no {size} x {size} table of counts")
    return tuple(tuple(row) for row in rows)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
