"""Where the runs come from, and what the report had to leave out."""

from collections.abc import Mapping, Sequence
from typing import Any

from iclip.report.document import Section, Table
from iclip.report.runs import Run


def provenance_section(runs: Sequence[Run], unread: Sequence[tuple[str, str]]) -> Section:
    """Commit, command, seed, hardware, dates, versions and data; and the problems of each run."""
    starts = [(run, start) for run in runs for start in run.starts]
    tables = []
    if starts:
        rows = [_start_row(run, start) for run, start in starts]
        tables.append(
            Table(
                "Starts",
                ["run", "started", "commit", "seed", "command", "processes", "hardware"],
                rows,
                "A commit with + had files that differ from it.",
            )
        )
        tables.append(_versions_table(starts))
        tables.append(_data_table(starts))
    problems = [(run.name, problem) for run in runs for problem in run.problems]
    problems += unread
    if problems:
        tables.append(
            Table("Not there or not readable", ["run", "what"], [list(row) for row in problems])
        )
    return Section("provenance", "Provenance", tables=tables)


def _start_row(run: Run, start: Mapping[str, Any]) -> list[str]:
    hardware = start.get("hardware") or {}
    gpus = hardware.get("gpus") or []
    machine = f"{len(gpus)} x {gpus[0]}" if gpus else f"{hardware.get('cores', '?')} cores"
    resumed = " (resumed)" if start.get("resumed_from") else ""
    return [
        run.name,
        str(start.get("started", "unknown")) + resumed,
        str(start.get("commit") or "unknown"),
        str(start.get("seed")),
        str(start.get("command", "unknown")),
        str(start.get("processes", "unknown")),
        f"{machine}, {hardware.get('processor', 'unknown')}",
    ]


def _versions_table(starts: Sequence[tuple[Run, Mapping[str, Any]]]) -> Table:
    """Each set of versions once, with the runs that had it."""
    return Table(
        "Versions",
        ["versions", "runs"],
        [
            [versions, names]
            for versions, names in _by_value(
                (", ".join(f"{k} {v}" for k, v in (start.get("versions") or {}).items()), run.name)
                for run, start in starts
            )
        ],
    )


def _data_table(starts: Sequence[tuple[Run, Mapping[str, Any]]]) -> Table:
    """Each data path with its fingerprint once."""
    return Table(
        "Data",
        ["path and fingerprint", "runs"],
        [
            [data, names]
            for data, names in _by_value(
                (f"{path}: {mark}", run.name)
                for run, start in starts
                for path, mark in (start.get("data") or {}).items()
            )
        ],
        "A fingerprint hashes the names in a folder with their sizes, or a file's size and first "
        "mebibyte: equal fingerprints mean equal data for all that this project writes.",
    )


def _by_value(pairs: Any) -> list[tuple[str, str]]:
    runs: dict[str, dict[str, None]] = {}
    for value, name in pairs:
        runs.setdefault(value, {})[name] = None
    return [(value, _some(list(names))) for value, names in runs.items() if value]


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
