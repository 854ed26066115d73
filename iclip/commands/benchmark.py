"""Measure the hub: its speed and memory beside what it did before and beside other libraries.

    python tools/benchmark.py backbone --peer --threads 1 --json backbone.json
    python tools/benchmark.py classes --markdown       # the table as it stands in BENCHMARKS.md
    python tools/benchmark.py gpu --minutes 8          # everything that only a GPU can tell

What is compared runs in turn (A B A B ...) after a warm-up; medians are shown with half the
distance of the quartiles, and ratios are medians of the rounds' ratios. Memory is the peak of a
process that does nothing else, above what it held before. --tiny runs a measurement's code in
seconds; its numbers mean nothing.
"""

import argparse
import contextlib
import inspect
import json
import shlex
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iclip.commands.command_line import CommandFailed
from iclip.commands.scripts import program_of
from iclip.files.atomic import write_atomically

if TYPE_CHECKING:
    from iclip.benchmarks.harness.measurement import Measurement
    from iclip.benchmarks.harness.rows import Result


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands."""
    from iclip.benchmarks.harness.catalog import MEASUREMENTS

    chosen = parser.add_subparsers(
        dest="what", required=True, metavar="WHAT", parser_class=MeasurementParser
    )
    for name, (_, what) in MEASUREMENTS.items():
        chosen.add_parser(name, help=what)


class MeasurementParser(argparse.ArgumentParser):
    """The parser of one sub-command, which imports the measurement only when it is asked for."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Add the measurement's options, and parse."""
        from iclip.benchmarks.harness.catalog import load_measurement

        measurement = load_measurement(self.prog.split()[-1])
        self.description = inspect.getdoc(measurement)
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        measurement.add_arguments(self)
        if measurement.peer:
            self.add_argument("--peer", action="store_true", help=f"beside {measurement.peer}")
        self.add_argument("--json", type=Path, metavar="F", help="all rounds of all rows")
        self.add_argument("--markdown", action="store_true", help="print a table for a page")
        self.add_argument("--tiny", action="store_true", help="small forms, to try the code")
        self.add_argument("--traceback", action="store_true", default=argparse.SUPPRESS)
        self.set_defaults(measurement=measurement, peer=False)
        return super().parse_known_args(args, namespace)


def run(args: argparse.Namespace) -> None:
    """Measure, and print the table.

    Raises:
        CommandFailed: The measurement found what must not be.
    """
    import torch

    from iclip.benchmarks.harness.machine import head
    from iclip.benchmarks.harness.rows import Result
    from iclip.benchmarks.harness.tables import markdown

    warnings.simplefilter("ignore")  # the libraries' deprecations are not the user's
    measurement: Measurement = args.measurement
    args.again = [sys.executable, *program_of("benchmark"), *args.arguments]
    measurement.check(args)
    if getattr(args, "threads", None):
        torch.set_num_threads(args.threads)
    if measurement.does_its_part(args):
        return
    machine = head(getattr(args, "device", "cpu"))
    result = Result(typed(args.arguments), machine, measurement.columns(args))
    with contextlib.redirect_stdout(sys.stderr):  # what the libraries print
        for row in measurement.rows(args):
            result.rows.append(row)
            print(progress_line(result), flush=True)
            if args.json:
                # After each row, since the next one may take an hour.
                write_atomically(args.json, json.dumps(result.as_json(), indent=1) + "\n")
    print(markdown(result) if args.markdown else aligned(result))
    if failure := measurement.failure(result.rows):
        raise CommandFailed(failure)


def typed(arguments: Sequence[str]) -> str:
    """Return the command as it stands above a table: without the options of its output."""
    kept, skip = [], False
    for argument in arguments:
        if not skip and argument not in ("--markdown", "--json"):
            kept.append(argument)
        skip = argument == "--json"
    return shlex.join(["tools/benchmark.py", *kept])


def progress_line(result: "Result") -> str:
    """Say the row that was measured last."""
    from iclip.benchmarks.harness.tables import shown

    return ", ".join(f"{name}: {shown(cell)}" for name, cell in result.rows[-1].cells.items())


def aligned(result: "Result") -> str:
    """Lay out the tables for a terminal."""
    from iclip.benchmarks.harness.tables import shown, source_line

    parts = [source_line(result)]
    for title, columns in result.columns.items():
        rows = [row.cells for row in result.rows if row.table == title]
        lines = [columns, *([shown(cells.get(name)) for name in columns] for cells in rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        parts += [title] if title else []
        parts += ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    return "\n".join(parts)
