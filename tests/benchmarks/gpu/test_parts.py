"""The benchmark's parts in their tiny form, and who runs them."""

import importlib
import math
import sys
import time

import pytest
import torch

from iclip.benchmarks.gpu import first_steps, parts
from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.harness.settings import Settings
from tests.benchmarks.gpu.recorded import TINY, by_name


@pytest.mark.parametrize("part", [name for name in parts.PARTS if name != first_steps.NAME])
def test_a_part_writes_its_measurements(part: str, record: Record):
    parts.load_part(part)(TINY, record)
    lines = by_name(record)
    assert len(lines) >= 3
    for line in lines.values():
        assert "error" not in line, line
        assert isinstance(line["value"], str) or 0 < line["value"] < math.inf


def test_each_part_goes_by_its_modules_name():
    for part, (module, _) in parts.PARTS.items():
        assert part == importlib.import_module(f"iclip.benchmarks.gpu.{module}").NAME


def test_an_error_is_a_line_and_the_next_part_runs(record: Record, monkeypatch: pytest.MonkeyPatch):
    def broken(settings: Settings, record: Record) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory.\nTried to allocate 1 GiB")

    def late(settings: Settings, record: Record) -> None:
        raise AssertionError("must not run")

    def fine(settings: Settings, record: Record) -> None:
        assert settings.left > 0
        record.add("fine", "speed", 3.0, "images/s", "a | b")

    made = {"broken": broken, "late": late, "fine": fine}
    load = parts.load_part
    monkeypatch.setattr(parts, "load_part", lambda part: made.get(part) or load(part))
    monkeypatch.setitem(parts.PARTS, "absent", ("no_such_module", 1.0))
    now = time.time()
    until = {"broken": now + 60, "absent": now + 60, "late": now - 1, "fine": now + 60}
    parts.run_parts(until, TINY, record)
    failed = [line["error"] for line in record.read() if "error" in line]
    assert failed == [
        "OutOfMemoryError: CUDA out of memory.",
        "ModuleNotFoundError: No module named 'iclip.benchmarks.gpu.no_such_module'",
        "its time was over before it began",
    ]
    assert by_name(record)["speed"]["value"] == 3.0
    table = record.table_file.read_text().splitlines()
    assert table[:2] == ["- device: cpu", "- card: none"]
    assert table[-1] == "| fine | speed | 3 images/s | a / b |"


WORKER = """
import json, os, sys, time
from pathlib import Path
from iclip.benchmarks.gpu.record import Record
record = Record(Path(sys.argv[1]))
for part in json.loads(sys.argv[2]):
    record.begin(part)
    if part == "dies":
        os._exit(7)
    if part == "hangs":
        time.sleep(600)
    record.add(part, "done", 1.0)
"""


def test_what_dies_or_hangs_is_recorded_and_the_next_parts_run(record: Record):
    out = record.lines_file.with_name(record.lines_file.name.removesuffix(".jsonl"))
    command = [sys.executable, "-c", WORKER, str(out)]
    now = time.time()
    until = {"first": now + 60, "dies": now + 60, "hangs": now, "last": now + 90}
    parts.supervise(until, command, record, grace=5)
    lines = [line for line in record.read() if "what" in line]
    assert [(line["part"], line.get("error")) for line in lines] == [
        ("first", None),
        ("dies", "its process ended with status 7"),
        ("hangs", "ended: its time was over"),
        ("last", None),
    ]


def test_times_follow_the_shares_in_order():
    ends = parts.deadlines(list(parts.PARTS), start=100.0, minutes=8)
    shares = [share for _, share in parts.PARTS.values()]
    assert sum(shares) == pytest.approx(1)
    for place, end in enumerate(ends.values(), start=1):
        assert end == pytest.approx(100 + 480 * sum(shares[:place]))
