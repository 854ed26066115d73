"""Rows of a timed measurement, by a clock that its sides move on."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from iclip.benchmarks.harness import timed
from iclip.benchmarks.harness.rows import Quantity, Row
from iclip.benchmarks.harness.timed import Case, TimedMeasurement


class Made(TimedMeasurement):
    """Two sides that take as long as their sizes say."""

    unit, growth, compared, tolerance = "texts", "N", "difference", 0.5

    def __init__(self) -> None:
        self.now, self.calls, self.built = 0.0, [], []  # type: ignore[var-annotated]

    def add_case_arguments(self, parser: ArgumentParser) -> None:
        pass

    def sides(self, args: Namespace) -> tuple[str, ...]:
        return ("iclip", "before", "absent")

    def cases(self, args: Namespace) -> Iterator[Case]:
        for size, more in ((10, None), (100, self.more), (1, None)):
            builds = {
                "iclip": lambda size=size: self.build("iclip", size),
                "before": lambda size=size: self.build("before", size**2),
            }
            yield Case(f"N = {size}", builds, 2 * size, size, self.difference, more=more)

    def build(self, side: str, seconds: float):
        self.built.append(side)

        def run() -> float:
            self.calls.append(side)
            self.now += seconds
            return seconds

        return run

    def more(self, results: Mapping[str, Any]) -> dict[str, str]:
        return {"note": f"{results['iclip']}"}

    def difference(self, results: Mapping[str, Any]) -> float:
        return results["before"] - results["iclip"]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> tuple[Made, Namespace]:
    made = Made()
    for name in ("time", "perf_counter"):
        monkeypatch.setattr(time, name, lambda: made.now)
    peaks = iter([1.0, 2.0, 1.0, 20.0, 1.0, 1.0])
    monkeypatch.setattr(timed, "peak_gib_in_a_process", lambda _: next(peaks))
    return made, Namespace(
        device="cpu", tiny=True, rounds=2, threads=None, no_memory=False, again=["python", "x"],
        peak_of=None,
    )  # fmt: skip


def test_rows_have_times_ratios_rates_growth_difference_and_memory(
    measured: tuple[Made, Namespace],
):
    made, args = measured
    first, second, third = made.rows(args)
    assert made.calls[:6] == ["iclip", "before"] * 3  # a warm-up and two rounds
    assert first.cells == {
        "case": "N = 10",
        "iclip": Quantity((10.0, 10.0), "s"), "before": Quantity((100.0, 100.0), "s"),
        "texts/s, iclip": Quantity.of(2.0), "texts/s, before": Quantity.of(0.2),
        "before / iclip": Quantity((10.0, 10.0)), "difference": Quantity.of(90.0),
        "memory, iclip": Quantity.of(1.0, "GiB"), "memory, before": Quantity.of(2.0, "GiB"),
    }  # fmt: skip
    # Ten times the size: ten times the time, the same memory.
    assert second.cells["growth, powers of N"] == "time 1.00, memory 0.00"
    assert second.cells["note"] == "100"
    # A smaller size begins another series.
    assert "growth, powers of N" not in third.cells


def test_columns_are_those_of_the_rows(measured: tuple[Made, Namespace]):
    made, args = measured
    columns = {*made.columns(args)[""]}
    for row in made.rows(args):
        assert {*row.cells} - {"note"} <= columns
    args.no_memory = True
    assert not [name for name in made.columns(args)[""] if name.startswith("memory")]


def test_a_ratio_is_of_rounds_side_by_side(measured: tuple[Made, Namespace]):
    """Both sides slow down alike in a round that other work disturbs."""
    made, args = measured
    args.no_memory = True
    slow = iter([1, 1, 5, 5, 2, 2])
    case = Case("one", {
        "iclip": lambda: lambda: setattr(made, "now", made.now + next(slow)),
        "before": lambda: lambda: setattr(made, "now", made.now + 3 * next(slow)),
    })  # fmt: skip
    cells = made._row(case, args).cells
    assert cells["before / iclip"] == Quantity((3.0, 3.0))


def test_a_process_for_memory_builds_one_side_and_prints_its_peak(
    measured: tuple[Made, Namespace], capsys, monkeypatch: pytest.MonkeyPatch
):
    made, args = measured
    assert not made.does_its_part(args)
    args.peak_of = ["N = 100", "before"]
    monkeypatch.setattr(timed, "peak_gib", lambda run, settings: run())
    assert made.does_its_part(args)
    assert capsys.readouterr().out == "10000\n"
    assert made.built == ["before"]


@pytest.mark.parametrize(("value", "fails"), [(0.4, False), (-0.6, True), (float("nan"), True)])
def test_sides_that_differ_are_a_failure(value: float, fails: bool):
    rows = [Row({"case": "N = 1", "difference": Quantity.of(value)}), Row({"case": "N = 2"})]
    failure = Made().failure(rows)
    assert (failure is not None) == fails
    assert not fails or "N = 1: difference" in str(failure)
