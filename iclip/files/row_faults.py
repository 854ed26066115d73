"""The rows of a table that do not fit, by kind and line."""

from dataclasses import dataclass, field
from typing import ClassVar

from iclip.data_summary import Omission
from iclip.messages import counted

# Number of lines that are kept per kind, for messages.
_REMEMBERED = 10


@dataclass
class RowFaults:
    """Rows that do not fit, by kind.

    Attributes:
        lines: Numbers of the first ten lines per kind; lines count from 1.
        counts: Number of rows per kind.
        blank_lines: Number of blank lines, which are not faults.
        first_blank_line: Number of the first blank line.
    """

    MORE_FIELDS: ClassVar = "rows with more fields than the header"
    FEWER_FIELDS: ClassVar = "rows with fewer fields than the header"
    SEVERAL_ROWS: ClassVar = "rows with other rows inside, as after a quote that is not closed"
    ZERO_BYTE: ClassVar = "rows with a zero byte"

    lines: dict[str, list[int]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    blank_lines: int = 0
    first_blank_line: int = 0

    @staticmethod
    def without(column: str) -> str:
        """Name the kind of the rows whose field in a column is blank."""
        return f"rows whose {column!r} is blank"

    @property
    def total(self) -> int:
        """Number of rows that do not fit."""
        return sum(self.counts.values())

    def add(self, kind: str, line: int) -> None:
        """Note a row."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        lines = self.lines.setdefault(kind, [])
        if len(lines) < _REMEMBERED:
            lines.append(line)

    def add_blank(self, line: int) -> None:
        """Note a blank line."""
        self.first_blank_line = self.first_blank_line or line
        self.blank_lines += 1

    def omissions(self) -> tuple[Omission, ...]:
        """List these rows and the blank lines as omissions."""
        told = [
            Omission(kind, count, f"line {self.lines[kind][0]}")
            for kind, count in self.counts.items()
        ]
        if self.blank_lines:
            told.append(Omission("blank lines", self.blank_lines, f"line {self.first_blank_line}"))
        return tuple(told)

    def __str__(self) -> str:
        """``3 rows with more fields than the header (lines 2, 7, 9), ...``."""
        # Every kind starts with "rows"; `counted` writes "1 row" or "3 rows" instead.
        return ", ".join(
            f"{counted(count, 'row')}{kind.removeprefix('rows')} "
            f"({_numbered(self.lines[kind], count)})"
            for kind, count in self.counts.items()
        )


def _numbered(lines: list[int], count: int) -> str:
    rest = f" and {count - len(lines)} more" if count > len(lines) else ""
    return f"{'line' if count == 1 else 'lines'} {', '.join(map(str, lines))}{rest}"
