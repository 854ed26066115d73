"""Where the runs come from, and which files could not be read."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from iclip.messages import listing
from iclip.report.page_elements import Section, Table
from iclip.report.run import Run
from iclip.results import Result
from iclip.results.json_values import mapping_or_empty

LISTED = 4
_START_COLUMNS = (
    *("run", "started", "commit", "seed", "command", "processes", "samples per step"),
    "hardware",
)


def provenance_section(runs: Sequence[Run], unread: Sequence[tuple[str, str]]) -> Section:
    """Lay out commits, commands, seeds, hardware, versions, data, tests, and the runs' problems."""
    starts = [(run, start) for run in runs for start in run.starts]
    tables = []
    if starts:
        rows = [_start_row(run, start) for run, start in starts]
        tables.append(
            Table(
                "Starts",
                list(_START_COLUMNS),
                rows,
                "A commit with + had files that differ from it. The samples of an optimizer step "
                "are processes x micro-batches x samples of a micro-batch.",
            )
        )
        tables.append(_versions_table(starts))
        tables.append(_data_table(starts))
    read = [
        (f"{place}: {summary}", run.name) for run in runs for place, summary in run.data.items()
    ]
    if read:
        tables.append(Table("What was read of the data", ["data", "runs"], _by_value(read)))
    tests = [[run.name, *_test_row(test)] for run in runs for test in run.tests]
    if tests:
        columns = ["run", "tested", "checkpoint", "SHA-256", "command"]
        tables.append(Table("Tests", columns, tests))
    problems = [(run.name, problem) for run in runs for problem in run.problems]
    problems += unread
    if problems:
        tables.append(
            Table("Not there or not readable", ["run", "what"], [list(row) for row in problems])
        )
    return Section("provenance", "Provenance", tables=[table for table in tables if table.rows])


def _start_row(run: Run, start: Mapping[str, Any]) -> list[str]:
    hardware = mapping_or_empty(start.get("hardware"))
    gpus = hardware.get("gpus")
    gpus = gpus if isinstance(gpus, list) else []
    machine = f"{len(gpus)} x {gpus[0]}" if gpus else f"{hardware.get('cores', '?')} cores"
    resumed = " (resumed)" if start.get("resumed_from") else ""
    return [
        run.name,
        str(start.get("started", "unknown")) + resumed,
        str(start.get("commit") or "unknown"),
        str(start.get("seed")),
        str(start.get("command", "unknown")),
        str(start.get("processes", "unknown")),
        str(start.get("batch") or "unknown"),
        f"{machine}, {hardware.get('processor', 'unknown')}",
    ]


def _test_row(test: Result) -> list[str]:
    origin = test.provenance
    found = (origin.date, origin.file, (test.settings.checkpoint or "")[:16], origin.command)
    return [value or "unknown" for value in found]


def _versions_table(starts: Sequence[tuple[Run, Mapping[str, Any]]]) -> Table:
    """List each set of versions once, with the runs that had it."""
    lines = (
        (
            ", ".join(f"{k} {v}" for k, v in mapping_or_empty(start.get("versions")).items()),
            run.name,
        )
        for run, start in starts
    )
    return Table("Versions", ["versions", "runs"], _by_value(lines))


def _data_table(starts: Sequence[tuple[Run, Mapping[str, Any]]]) -> Table:
    """List each data path with its fingerprint once."""
    lines = (
        (f"{path}: {mark}", run.name)
        for run, start in starts
        for path, mark in mapping_or_empty(start.get("data")).items()
    )
    return Table(
        "Data",
        ["path and fingerprint", "runs"],
        _by_value(lines),
        "A fingerprint hashes the names in a folder with their sizes, or a file's size and first "
        "mebibyte: equal fingerprints mean equal data for all that this project writes.",
    )


def _by_value(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """List each value once, with the names of the runs that have it."""
    # The inner dicts are sets that keep their order.
    runs: dict[str, dict[str, None]] = {}
    for value, name in pairs:
        runs.setdefault(value, {})[name] = None
    return [[value, listing(list(names), LISTED)] for value, names in runs.items() if value]
