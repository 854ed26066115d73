"""What a module of a format offers, and what its reader returns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from iclip.data_summary import Omission


@dataclass(frozen=True)
class ReadParts:
    """A data set as it lies in its folder, before anything is decided for the user.

    Attributes:
        classes: Names of the classes; a label is an index into them.
        parts: Samples by part, those of ``train``, ``val`` and ``test`` that the folder has.
        left_out: What was left out, by kind.
        notes: What the reader decided, one sentence each.
        class_details: See :class:`iclip.own_data.data_set.OwnData`.
    """

    classes: tuple[str, ...]
    parts: Mapping[str, Sequence[Any]]
    left_out: tuple[Omission, ...] = ()
    notes: tuple[str, ...] = ()
    class_details: tuple[Mapping[str, Any], ...] = ()


class Format(Protocol):
    """A format of data sets: a module with these names.

    Attributes:
        NAME: As people call it; ``--format`` takes it in any case, with ``-`` for blanks.
        TASKS: The tasks whose samples it reads.
        LOOKS_FOR: What a folder in this form holds, for those whose folder is not recognized.
    """

    NAME: str
    TASKS: tuple[str, ...]
    LOOKS_FOR: str

    def signs(self, root: Path) -> str | None:
        """Return what shows that a folder or file has this form; None if nothing does."""

    def read(self, root: Path, task: str) -> ReadParts:
        """Read a data set.

        Raises:
            ValueError: Its files are not in this form; the message names one, and what to do.
            OSError: A file cannot be read.
        """


def option_of(name: str) -> str:
    """Write a format's name as ``--format`` takes it: ``pascal-voc`` for ``Pascal VOC``."""
    return name.lower().replace(" ", "-")
