"""Measurements on the disk as they come, so that those of an interrupted run are kept."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

COLUMNS = ("part", "what", "figure", "note")


class Record:
    """Appends to two files: JSON lines for programs, a Markdown table for people.

    Args:
        out: Path without suffix; ``.jsonl`` and ``.md`` are added.
    """

    def __init__(self, out: Path) -> None:
        self.lines_file = out.with_name(out.name + ".jsonl")
        self.table_file = out.with_name(out.name + ".md")

    def start(self, head: Mapping[str, Any]) -> None:
        """Begin both files anew, with what the measurements are made with."""
        self.lines_file.parent.mkdir(parents=True, exist_ok=True)
        self.lines_file.write_text(json.dumps({"head": dict(head)}) + "\n")
        lines = [f"- {name}: {value}" for name, value in head.items()]
        rule = "|".join("---" for _ in COLUMNS)
        table = f"| {' | '.join(COLUMNS)} |\n|{rule}|"
        self.table_file.write_text("\n".join([*lines, "", table]) + "\n")

    def begin(self, part: str) -> None:
        """Note that a part begins."""
        self._append(self.lines_file, json.dumps({"begin": part}))

    def add(self, part: str, what: str, value: float | str, unit: str = "", note: str = "") -> None:
        """Keep one measurement."""
        measurement = {"part": part, "what": what, "value": value, "unit": unit, "note": note}
        self._append(self.lines_file, json.dumps(measurement))
        shown = value if isinstance(value, str) else f"{value:.4g}"
        self._row(part, what, f"{shown} {unit}".strip(), note)

    def failed(self, part: str, what: str, error: str) -> None:
        """Keep that a measurement failed, and why."""
        line = {"part": part, "what": what, "error": error}
        self._append(self.lines_file, json.dumps(line))
        self._row(part, what, "failed", error)

    @contextmanager
    def attempt(self, part: str, what: str) -> Iterator[None]:
        """Keep any error of the block as a failed measurement, and go on after the block."""
        try:
            yield
        except Exception as error:
            lines = (str(error) or "no message").strip().splitlines()
            self.failed(part, what, f"{type(error).__name__}: {lines[0][:300]}")

    def read(self) -> list[dict[str, Any]]:
        """Return all complete lines so far."""
        text = self.lines_file.read_text() if self.lines_file.is_file() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def _row(self, *cells: str) -> None:
        """Append a row to the table and show it; a bar in a cell would end the cell."""
        row = f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
        self._append(self.table_file, row)
        print(row, flush=True)

    @staticmethod
    def _append(path: Path, line: str) -> None:
        # A line must be on the disk before the next measurement, which may end in a crash.
        with open(path, "a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
