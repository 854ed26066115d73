"""The command that measures: what it writes, and what it refuses."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from iclip.benchmarks.harness import catalog
from iclip.benchmarks.harness.measurement import Measurement
from iclip.benchmarks.harness.rows import Quantity, Row
from iclip.commands import benchmark
from iclip.commands.command_line import main


class Made(Measurement):
    """Two rows, of which the second may be wrong."""

    peer = "a made-up library"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--wrong", action="store_true")
        parser.add_argument("--threads", type=int)

    def columns(self, args: Namespace) -> dict[str, tuple[str, ...]]:
        return {"": ("case", "iclip", "peer") if args.peer else ("case", "iclip")}

    def rows(self, args: Namespace) -> Iterator[Row]:
        print("what a library prints")
        yield Row({"case": "a|b", "iclip": Quantity((1.0, 3.0, 2.0), "s")})
        if args.json:  # the first row is there before the second one is measured
            assert len(json.loads(args.json.read_text())["rows"]) == 1
        yield Row({"case": "second", "iclip": "wrong" if args.wrong else "-"})

    def failure(self, rows: list[Row]) -> str | None:  # type: ignore[override]
        return "a wrong row" if rows[-1].cells["iclip"] == "wrong" else None


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(catalog.MEASUREMENTS, "made", ("made:Made", "two rows"))
    load = catalog.load_measurement
    monkeypatch.setattr(
        catalog, "load_measurement", lambda name: Made() if name == "made" else load(name)
    )


def test_markdown_names_the_command_and_the_machine(capsys):
    assert main(benchmark, ["made", "--peer", "--markdown"]) == 0
    told = capsys.readouterr()
    source, empty, head, rule, first, second = told.out.rstrip().splitlines()
    assert source.startswith("Measured by `python tools/benchmark.py made --peer`: device cpu;")
    assert "threads" in source and "torch" in source and "commit" in source
    assert (empty, head, rule) == ("", "| case | iclip | peer |", "|---|---|---|")
    assert (first, second) == ("| a/b | 2 s ± 25 % | - |", "| second | - | - |")
    # What libraries print does not get into a table.
    assert "what a library prints" in told.err


def test_threads_are_those_that_were_asked_for(capsys, monkeypatch: pytest.MonkeyPatch):
    # The command sets them for its process, which is the tests' here.
    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    monkeypatch.setattr(torch, "get_num_threads", lambda: (asked or [0])[-1])
    assert main(benchmark, ["made", "--threads", "3"]) == 0
    assert "threads 3;" in capsys.readouterr().out


def test_json_keeps_every_round(tmp_path: Path):
    out = tmp_path / "made.json"
    assert main(benchmark, ["made", "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["command"] == "tools/benchmark.py made"
    assert found["rows"][0]["cells"]["iclip"] == {"values": [1.0, 3.0, 2.0], "unit": "s"}
    assert "torch" in found["machine"]["versions"]


def test_columns_are_aligned_for_a_terminal(capsys):
    assert main(benchmark, ["made"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert lines == ["case    iclip", "a/b     2 s ± 25 %", "second  -"]


def test_what_must_not_be_ends_with_1(capsys):
    assert main(benchmark, ["made", "--wrong"]) == 1
    assert "benchmark: a wrong row" in capsys.readouterr().err


def test_an_unknown_measurement_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(benchmark, ["nothing"])
    assert ended.value.code == 2
    assert "invalid choice: 'nothing'" in capsys.readouterr().err


def test_help_of_a_measurement_is_its_docstring(capsys):
    with pytest.raises(SystemExit):
        main(benchmark, ["made", "--help"])
    told = capsys.readouterr().out
    assert "Two rows, of which the second may be wrong." in told
    assert "beside a made-up library" in told
