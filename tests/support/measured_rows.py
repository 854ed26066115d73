"""The rows of a measurement in its tiny form, in this process."""

from argparse import Namespace

from iclip.benchmarks.harness.rows import Quantity, Row
from iclip.commands import benchmark
from iclip.commands.command_line import parse


def options(*arguments: str) -> Namespace:
    """Parse the arguments of tools/benchmark.py."""
    args = parse(benchmark, arguments)
    args.again = ["no", "command"]
    return args


def timed_rows(name: str, *arguments: str) -> list[Row]:
    """Measure times in one round; every row must have the measurement's columns."""
    args = options(name, "--tiny", "--rounds", "1", *arguments)
    args.no_memory = True
    rows = list(args.measurement.rows(args))
    (columns,) = args.measurement.columns(args).values()
    assert rows and all({*row.cells} <= {*columns} for row in rows)
    return rows


def seconds(row: Row, side: str) -> float:
    """The time of one side."""
    cell = row.cells[side]
    assert isinstance(cell, Quantity) and cell.unit == "s"
    return cell.median
