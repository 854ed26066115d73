"""A data set as its format was read: classes, parts, samples, and what was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iclip.data_summary import Omission

TRAIN, VAL, TEST = "train", "val", "test"


@dataclass(frozen=True)
class OwnData:
    """A recognized data set of one task.

    Attributes:
        task: One of :mod:`iclip.tasks`.
        format: The format's name, as people call it (``YOLO``).
        root: The folder or file that the user named.
        classes: Names of the classes; a label is an index into them.
        parts: Samples by part, one object of the task's sample class each. ``train`` and ``val``
            are always there, ``test`` where the data set has one.
        left_out: What was left out, by kind, with an example of each.
        notes: What was decided for the user, one sentence each, such as how ``val`` was drawn.
    """

    task: str
    format: str
    root: Path
    classes: tuple[str, ...]
    parts: Mapping[str, Sequence[Any]]
    left_out: tuple[Omission, ...] = ()
    notes: tuple[str, ...] = ()
