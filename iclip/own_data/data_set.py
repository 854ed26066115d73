"""A data set as its format was read: classes, parts, samples, and what was left out."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from iclip.data_summary import Omission

TRAIN, VAL, TEST = "train", "val", "test"
PARTS = (TRAIN, VAL, TEST)


class Sample(Protocol):
    """What the samples of all tasks have in common.

    Attributes:
        SAMPLES: Plural of what a sample is (``images``).
        LABELLED: Plural of what has a label (``boxes``); ``SAMPLES`` if the sample itself has.
    """

    SAMPLES: ClassVar[str]
    LABELLED: ClassVar[str]

    @property
    def file(self) -> str | os.PathLike[str]:
        """The image or video."""

    @property
    def class_labels(self) -> Sequence[int]:
        """The label of each labelled thing; empty if only decoding could tell."""

    def relabelled(self, labels: Sequence[int]) -> Any:
        """Return the sample with ``labels[label]`` in place of each label."""


@dataclass(frozen=True)
class OwnData:
    """A recognized data set of one task.

    Attributes:
        task: One of :mod:`iclip.tasks`.
        format: The format's name, as people call it (``YOLO``).
        root: The folder or file that the user named.
        classes: Names of the classes; a label is an index into them.
        parts: Samples by part, one object of the task's sample class each. ``train`` and ``val``
            are always there if it is to be trained on, ``test`` where the data set has one.
        left_out: What was left out, by kind, with an example of each.
        notes: What was decided for the user, one sentence each, such as how ``val`` was drawn.
        class_details: What the format says of each class besides its name, by label, such as
            LVIS's ``frequency``; empty if it says nothing.
    """

    task: str
    format: str
    root: Path
    classes: tuple[str, ...]
    parts: Mapping[str, Sequence[Any]]
    left_out: tuple[Omission, ...] = ()
    notes: tuple[str, ...] = ()
    class_details: tuple[Mapping[str, Any], ...] = ()
