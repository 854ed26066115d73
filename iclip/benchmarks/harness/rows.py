"""What a measurement finds: one typed record per row of its table."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Quantity:
    """A number with its unit, or one per round of the same thing.

    Attributes:
        values: One value, or one per round.
        unit: Such as ``s``, ``GiB`` or ``images/s``; empty for a ratio.
    """

    values: tuple[float, ...]
    unit: str = ""

    @classmethod
    def of(cls, value: float, unit: str = "") -> "Quantity":
        """Make a quantity of one value."""
        return cls((value,), unit)

    @property
    def median(self) -> float:
        """The median of the values."""
        return statistics.median(self.values)

    @property
    def spread(self) -> float | None:
        """The distance of the quartiles over the median; None for fewer than three values."""
        if len(self.values) < 3 or not self.median:
            return None
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return (high - low) / abs(self.median)


Cell = Quantity | str


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes:
        cells: By column; a column that is absent is shown as a dash.
        table: Title of the table, where a measurement has several.
    """

    cells: Mapping[str, Cell]
    table: str = ""


@dataclass(frozen=True)
class Result:
    """What one call of a measurement has found.

    Attributes:
        command: The command line, as a user types it.
        machine: What it was measured with, by name.
        columns: Columns of each table, by its title.
        rows: The rows so far.
    """

    command: str
    machine: Mapping[str, Any]
    columns: Mapping[str, tuple[str, ...]]
    rows: list[Row] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return plain values for a JSON file, each quantity with all its rounds."""
        rows = [
            {"table": row.table, "cells": {name: _plain(cell) for name, cell in row.cells.items()}}
            for row in self.rows
        ]
        return {"command": self.command, "machine": dict(self.machine), "rows": rows}


def _plain(cell: Cell) -> Any:
    return cell if isinstance(cell, str) else {"values": list(cell.values), "unit": cell.unit}
