"""Scores of each class with their confusion, in a run's folder and in results of tools."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iclip.files.atomic import write_atomically
from iclip.results.json_values import count, is_number

Confusion = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class ClassScore:
    """What was measured of a class.

    Attributes:
        name: The class's name as shown.
        value: Its score in percent; None where there was nothing to measure.
        count: How many things of the class the evaluation counted, such as images or pixels.
        frequency: LVIS's ``rare``, ``common`` or ``frequent``; empty elsewhere.
    """

    name: str
    value: float | None
    count: int
    frequency: str = ""


@dataclass(frozen=True)
class ClassScores:
    """An evaluation, class by class.

    Attributes:
        metric: Name of the score as shown, such as ``IoU``.
        counted: What ``count`` counts, such as ``pixels``.
        classes: The classes' scores, in the order of their labels.
        confusion: (classes, classes) counts, rows the truth; empty if they were not kept.
        undecided: Per class, how many had no prediction, since scores were equal or not finite;
            empty if they were not kept.
        loader: The evaluated loader of the config: ``val_dataloader`` or ``test_dataloader``;
            empty if unknown.
    """

    metric: str
    counted: str
    classes: tuple[ClassScore, ...]
    confusion: Confusion = ()
    undecided: tuple[int, ...] = ()
    loader: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all classes."""
        return tuple(entry.name for entry in self.classes)

    @property
    def totals(self) -> tuple[int, ...]:
        """Counts of each class, with those that had no prediction."""
        return _totals(self.confusion, self.undecided)

    @classmethod
    def from_confusion(
        cls,
        names: Sequence[str],
        confusion: Sequence[Sequence[int]],
        undecided: Sequence[int] = (),
        metric: str = "accuracy",
        counted: str = "images",
    ) -> "ClassScores":
        """Compute the accuracy of each class; what had no prediction counts as wrong.

        Args:
            names: Names of the classes.
            confusion: (classes, classes) counts, rows the truth.
            undecided: Per class, how many had no prediction.
            metric: What the accuracies are called.
            counted: What the counts count.
        """
        rows = tuple(map(tuple, confusion))
        totals = _totals(rows, tuple(undecided))
        classes = tuple(
            ClassScore(name, 100 * row[i] / total if total else None, total)
            for i, (name, row, total) in enumerate(zip(names, rows, totals, strict=True))
        )
        return cls(metric, counted, classes, rows, tuple(undecided))

    @classmethod
    def from_json(cls, content: Any) -> "ClassScores":
        """Read what :meth:`to_json` returned, now or in an earlier version.

        Raises:
            ValueError: The content is something else; the message says what is wrong.
        """
        classes = content.get("classes") if isinstance(content, dict) else None
        if not isinstance(classes, list) or not classes:
            raise ValueError("holds no list of classes")
        entries = tuple(_read_class(position, entry) for position, entry in enumerate(classes))
        if all(entry.value is None for entry in entries):
            raise ValueError("has no value of any class")
        confusion = content.get("confusion")
        return cls(
            metric=str(content.get("metric", "figure")),
            counted=str(content.get("counted", "count")),
            classes=entries,
            confusion=() if confusion is None else _read_confusion(confusion, len(entries)),
            undecided=_read_undecided(content.get("undecided"), len(entries)),
            loader=str(content.get("loader") or ""),
        )

    @classmethod
    def from_named_confusion(cls, content: Any) -> "ClassScores":
        """Read ``names``, ``counts`` and ``undecided``, as zero-shot results had them at first.

        Raises:
            ValueError: The content is something else; the message says what is wrong.
        """
        names = content.get("names") if isinstance(content, dict) else None
        if not isinstance(names, list) or not names:
            raise ValueError("its confusion holds no list of names")
        counts = _read_confusion(content.get("counts"), len(names))
        undecided = _read_undecided(content.get("undecided"), len(names))
        found = cls.from_confusion(tuple(map(str, names)), counts, undecided)
        if not any(found.totals):
            raise ValueError("its confusion has counted nothing")
        return found

    def to_json(self) -> dict[str, Any]:
        """Return plain values; confusions and frequencies only where there are any."""
        content: dict[str, Any] = {
            "metric": self.metric,
            "counted": self.counted,
            "classes": [
                {"name": entry.name, "value": entry.value, "count": entry.count}
                | ({"frequency": entry.frequency} if entry.frequency else {})
                for entry in self.classes
            ],
        }
        optional: Mapping[str, Any] = {
            "confusion": [list(row) for row in self.confusion],
            "undecided": list(self.undecided),
            "loader": self.loader,
        }
        return content | {key: value for key, value in optional.items() if value}

    def save(self, path: Path) -> None:
        """Write a file of its own, whole or not at all."""
        write_atomically(path, json.dumps(self.to_json(), ensure_ascii=False) + "\n")


def _totals(confusion: Confusion, undecided: tuple[int, ...]) -> tuple[int, ...]:
    """Count each class's samples, with those that had no prediction."""
    extra = undecided or (0,) * len(confusion)
    return tuple(sum(row) + more for row, more in zip(confusion, extra, strict=True))


def _read_class(position: int, entry: Any) -> ClassScore:
    place = f"classes[{position}]"
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ValueError(f"{place} has no name")
    value, counted = entry.get("value"), entry.get("count", 0)
    if value is not None and not is_number(value):
        raise ValueError(f"{place} has the value {value!r}; a number or null stands there")
    if count(counted) is None:
        raise ValueError(f"{place} has the count {counted!r}; a number from 0 stands there")
    return ClassScore(entry["name"], value, counted, str(entry.get("frequency") or ""))


def _read_confusion(counts: Any, size: int) -> Confusion:
    rows = counts if isinstance(counts, list) else []
    if len(rows) != size or not all(
        isinstance(row, list) and len(row) == size and None not in map(count, row) for row in rows
    ):
        raise ValueError(f"its confusion is not a {size} x {size} table of counts")
    return tuple(tuple(row) for row in rows)


def _read_undecided(counts: Any, size: int) -> tuple[int, ...]:
    if counts is None:
        return ()
    if not isinstance(counts, list) or len(counts) != size or None in map(count, counts):
        raise ValueError(f"its undecided is not a list of {size} counts")
    return tuple(counts)
