"""What every sub-command of tools/benchmark.py is: options, columns, rows."""

import argparse
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from iclip.benchmarks.harness.rows import Row


class Measurement(ABC):
    """One sub-command; its docstring is the help.

    A subclass states its options and its columns, and yields its rows as they are measured. One
    that compares times is a :class:`~iclip.benchmarks.harness.timed.TimedMeasurement`.
    """

    # What `--peer` adds; empty where there is no other library to compare with.
    peer: str = ""

    @abstractmethod
    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options, besides those that all measurements have."""

    @abstractmethod
    def columns(self, args: argparse.Namespace) -> dict[str, tuple[str, ...]]:
        """Return the columns of each table by its title; a single table needs none."""

    @abstractmethod
    def rows(self, args: argparse.Namespace) -> Iterator[Row]:
        """Measure and yield the rows.

        Args:
            args: The parsed options, with those of all measurements: ``tiny``, ``peer``; and
                ``again``, the command that started this process.
        """

    def check(self, args: argparse.Namespace) -> None:  # noqa: B027  (few have to)
        """Refuse options that cannot work, before anything is measured.

        Raises:
            ValueError: An option cannot work.
        """

    def does_its_part(self, args: argparse.Namespace) -> bool:
        """Do what a process does that this measurement itself has started; False in any other.

        What `rows` measures in processes of their own, they measure here.
        """
        return False

    def failure(self, rows: Sequence[Row]) -> str | None:
        """Say what of the rows must not be, such as values that differ; None if all is well."""
        return None
