"""Measurements that compare the time and the memory of several ways to do one thing."""

import argparse
import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iclip.benchmarks.harness.measurement import Measurement
from iclip.benchmarks.harness.process_memory import peak_gib, peak_gib_in_a_process
from iclip.benchmarks.harness.rows import Cell, Quantity, Row
from iclip.benchmarks.harness.settings import Settings
from iclip.benchmarks.harness.timing import interleaved

Run = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """One thing that several sides do.

    Attributes:
        name: Name in the first column.
        builds: By side, what builds it; the result is called to do the thing once. Memory is
            measured with one side built only.
        items: Units of work of one call, for the rate.
        size: What grows from case to case; None if nothing does.
        difference: Compares the sides' last results, by side; None if they cannot be compared.
        before: Called before each call of a side; its time does not count.
        more: Makes the cells of further columns of these results.
    """

    name: str
    builds: Mapping[str, Callable[[], Run]]
    items: float = 1.0
    size: float | None = None
    difference: Callable[[Mapping[str, Any]], float] | None = None
    before: Callable[[], object] | None = None
    more: Callable[[Mapping[str, Any]], Mapping[str, Cell]] | None = None


class TimedMeasurement(Measurement):
    """Interleaved rounds of several sides, their medians and ratios, and their peak memory.

    Attributes:
        unit: Unit of work, for a column with the rate of each side; empty: none.
        growth: What the cases grow in, for a column with exponents; empty: none.
        compared: Title of the column with the difference of the sides' results; empty: none.
        tolerance: Largest difference of sides that do the same.
        memory: Whether memory is measured.
    """

    unit = ""
    growth = ""
    compared = ""
    tolerance = math.inf
    memory = True

    @abstractmethod
    def add_case_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options that decide the cases."""

    @abstractmethod
    def sides(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the sides that are compared, the hub's first."""

    @abstractmethod
    def cases(self, args: argparse.Namespace) -> Iterator[Case]:
        """Yield the cases; what is large is built by their ``builds`` only."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of all timed measurements and those of the cases."""
        self.add_case_arguments(parser)
        parser.add_argument("--rounds", type=int, default=5, metavar="N", help="after a warm-up")
        parser.add_argument("--threads", type=int, metavar="N", help="of the CPU")
        parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
        if self.memory:
            parser.add_argument("--no-memory", action="store_true", help="measure times only")
            parser.add_argument("--peak-of", nargs=2, help=argparse.SUPPRESS)

    def columns(self, args: argparse.Namespace) -> dict[str, tuple[str, ...]]:
        """Return the columns; which sides there are depends on the options."""
        ours, *others = sides = self.sides(args)
        columns = ["case", *sides, *(f"{other} / {ours}" for other in others)]
        columns += [f"{self.unit}/s, {side}" for side in sides if self.unit]
        columns += [self._growth_column] if self.growth else []
        columns += [self.compared] if self.compared else []
        columns += [f"memory, {side}" for side in sides if self._measures_memory(args)]
        return {"": (*columns, *self.more_columns(args))}

    def more_columns(self, args: argparse.Namespace) -> tuple[str, ...]:
        """Name the columns of the cases' further cells."""
        return ()

    def rows(self, args: argparse.Namespace) -> Iterator[Row]:
        """Measure the cases, each with all sides in turn."""
        before: tuple[float, Row] | None = None  # size and row of the case before
        for case in self.cases(args):
            row = self._row(case, args)
            if case.size is not None and self.growth:
                # A smaller size begins another series.
                if before is not None and case.size > before[0]:
                    cell = _growth(*before, case.size, row, self.sides(args)[0])
                    row = Row({**row.cells, self._growth_column: cell})
                before = case.size, row
            yield row

    def does_its_part(self, args: argparse.Namespace) -> bool:
        """Measure the memory of one side of one case, and print the peak in GiB."""
        if not self.memory or not args.peak_of:
            return False
        name, side = args.peak_of
        case = next(case for case in self.cases(args) if case.name == name)
        print(peak_gib(case.builds[side](), self.settings(args)))
        return True

    def failure(self, rows: Sequence[Row]) -> str | None:
        """Name the cases whose sides differ by more than rounding."""
        found = []
        for row in rows:
            cell = row.cells.get(self.compared)
            # Not "larger than": a NaN differs, too.
            if isinstance(cell, Quantity) and not abs(cell.median) <= self.tolerance:
                found.append(f"{row.cells['case']}: {self.compared} {cell.median:.1e}")
        return f"above {self.tolerance:.0e}: {'; '.join(found)}" if found else None

    def settings(self, args: argparse.Namespace) -> Settings:
        """Return the device and the rounds."""
        return Settings(args.device, args.tiny, rounds=args.rounds)

    @property
    def _growth_column(self) -> str:
        return f"growth, powers of {self.growth}"

    def _measures_memory(self, args: argparse.Namespace) -> bool:
        return self.memory and not args.no_memory

    def _row(self, case: Case, args: argparse.Namespace) -> Row:
        """Measure one case."""
        ours, *others = sides = [side for side in self.sides(args) if side in case.builds]
        results: dict[str, Any] = {}
        runs = {side: _kept(side, case.builds[side](), results) for side in sides}
        times = interleaved(runs, self.settings(args), before=case.before)
        cells: dict[str, Cell] = {"case": case.name}
        for side in sides:
            time = cells[side] = Quantity(tuple(times[side]), "s")
            if self.unit:
                cells[f"{self.unit}/s, {side}"] = Quantity.of(case.items / time.median)
        for other in others:
            # Of rounds side by side, which a busy machine slows down alike.
            pairs = zip(times[other], times[ours], strict=True)
            cells[f"{other} / {ours}"] = Quantity(tuple(theirs / own for theirs, own in pairs))
        if case.difference is not None:
            cells[self.compared] = Quantity.of(case.difference(results))
        if case.more is not None:
            cells |= case.more(results)
        if self._measures_memory(args):
            for side in sides:
                peak = peak_gib_in_a_process([*args.again, "--peak-of", case.name, side])
                cells[f"memory, {side}"] = Quantity.of(peak, "GiB")
        return Row(cells)


def built(run: Run) -> Callable[[], Run]:
    """Return what builds a side that is there already."""
    return lambda: run


def _kept(side: str, run: Run, results: dict[str, Any]) -> Run:
    """Return a call that keeps its result, the last one of each side."""

    def call() -> None:
        results.pop(side, None)  # frees the one before
        results[side] = run()

    return call


def _growth(size: float, before: Row, now_size: float, now: Row, side: str) -> str:
    """Say with which powers of the size the time and the memory have grown."""
    parts = []
    for name, column in (("time", side), ("memory", f"memory, {side}")):
        small, large = before.cells.get(column), now.cells.get(column)
        if isinstance(small, Quantity) and isinstance(large, Quantity) and small.median > 0:
            power = math.log(large.median / small.median) / math.log(now_size / size)
            parts.append(f"{name} {power:.2f}")
    return ", ".join(parts)
