"""A report as data, sections of tables, plots and pictures, which every output format reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Cell:
    """A table's entry.

    Attributes:
        text: Text as shown.
        tone: ``good``, ``bad``, ``unknown`` or empty; shown by a color beside what the text says.
    """

    text: str
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row is its header.

    Attributes:
        caption: What the table shows.
        columns: Headers of the columns.
        rows: Cells, or plain texts.
        note: Protocol, or how to read the table.
        groups: Headers above those of the columns, each with the number of columns that it spans.
        folded: Why the table is shown folded, such as that it has no score; empty if it is open.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell | str]]
    note: str = ""
    groups: Sequence[tuple[str, int]] = ()
    folded: str = ""

    def cells(self) -> list[list[Cell]]:
        """Return the rows with every entry as a cell."""
        return [
            [entry if isinstance(entry, Cell) else Cell(entry) for entry in row]
            for row in self.rows
        ]

    def flat_columns(self) -> list[str]:
        """Return one header per column, with that of its group in front."""
        above = [group for group, span in self.groups for _ in range(span)]
        pairs = zip(above or [""] * len(self.columns), self.columns, strict=True)
        return [f"{group} {column}".strip() for group, column in pairs]


@dataclass(frozen=True)
class Plot:
    """A plot: an ``<svg>`` element, and in words what it shows."""

    caption: str
    svg: str
    alt: str


@dataclass(frozen=True)
class Picture:
    """A picture as a data URI, and in words what is on it."""

    caption: str
    uri: str
    alt: str


@dataclass(frozen=True)
class Section:
    """A section of the report; ``id`` is its anchor, ``text`` its paragraphs before the tables."""

    id: str
    title: str
    text: Sequence[str] = ()
    tables: Sequence[Table] = ()
    plots: Sequence[Plot] = ()
    pictures: Sequence[Picture] = ()


@dataclass(frozen=True)
class Document:
    """The whole report.

    Attributes:
        title: The page's title.
        summary: A few lines at the page's top.
        sections: The sections that are not empty.
        record: The same for programs (:mod:`iclip.report.record`).
    """

    title: str
    summary: Sequence[str]
    sections: Sequence[Section] = field(default_factory=tuple)
    record: Mapping[str, Any] = field(default_factory=dict)
