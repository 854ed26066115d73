"""A measurement's rows as Markdown, and such tables in a page.

Above each table of a page stands the line of :func:`source_line`, which names the command that
wrote it; :func:`tables_in` finds them again, so that a test can hold a page against the commands.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from iclip.benchmarks.harness.rows import Cell, Quantity, Result

# A unit's format; others are shown with four digits.
_FORMATS = {"GiB": "{:.2f} GiB", "%": "{:.4f} %"}
# The command is named as it was called.
_SOURCE = re.compile(
    r"^Measured by `(?:python tools/benchmark\.py|(?:python -m )?iclip benchmark) ([^`]*)`: "
)


def markdown(result: Result) -> str:
    """Lay out all tables of a result, each under its title and the line of its source."""
    parts = []
    for title, columns in result.columns.items():
        rows = [row for row in result.rows if row.table == title]
        lines = [f"{title}\n"] if title else []
        lines += [source_line(result) + "\n", *_head(columns)]
        lines += [_line([shown(row.cells.get(name)) for name in columns]) for row in rows]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def source_line(result: Result) -> str:
    """Say which command has written a table, and on what."""
    given = "; ".join(f"{name} {value}" for name, value in result.machine.items())
    return f"Measured by `python {result.command}`: {given}."


def shown(cell: Cell | None) -> str:
    """Write a cell: of several rounds the median and the spread; a dash for what is absent."""
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell.replace("|", "/")  # a bar would end the cell
    text = _number(cell)
    return text if cell.spread is None else f"{text} ± {100 * cell.spread / 2:.0f} %"


def _number(quantity: Quantity) -> str:
    value, unit = quantity.median, quantity.unit
    if unit == "s" and abs(value) < 0.1:
        value, unit = 1e3 * value, "ms"
    if not unit and abs(value) >= 1000:  # a rate
        return f"{value:,.0f}"
    if not unit:  # a ratio, or a difference of what should be equal
        return f"{value:.2f}" if not value or abs(value) >= 0.01 else f"{value:.1e}"
    return _FORMATS.get(unit, f"{{:.4g}} {unit}").format(value)


def _head(columns: Sequence[str]) -> list[str]:
    return [_line(columns), "|" + "---|" * len(columns)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


class PageTable(NamedTuple):
    """A table of a page that a command has written.

    Attributes:
        arguments: The command's arguments, behind ``benchmark``.
        columns: The head's cells.
        rows: The cells of each row.
    """

    arguments: list[str]
    columns: list[str]
    rows: list[list[str]]


def tables_in(page: str) -> Iterator[PageTable]:
    """Yield the tables of a Markdown page that have a line of their source above them.

    Raises:
        ValueError: No table follows such a line.
    """
    lines = page.splitlines()
    for number, line in enumerate(lines):
        if not (source := _SOURCE.match(line)):
            continue
        table = []
        # One empty line stands between the source, which may fill several lines, and the table.
        start = next((n for n in range(number, len(lines)) if not lines[n].strip()), len(lines))
        for row in lines[start + 1 :]:
            if not row.startswith("|"):
                break
            table.append([cell.strip() for cell in row.strip().strip("|").split("|")])
        if len(table) < 2:
            raise ValueError(f"no table follows {line[:60]!r} in line {number + 1}")
        yield PageTable(shlex.split(source[1]), table[0], table[2:])
