"""The command that times the hub's Swin beside the frameworks'."""

import json
from pathlib import Path

import pytest
import torch

from iclip.benchmarks.peers import backbones
from iclip.benchmarks.peers.backbones import PASSES, Case
from iclip.commands import bench_backbones
from iclip.commands.command_line import main

NAME = "image 224x224, batch 8"
ROW = {"iclip": 0.5, "peer": 1.25, "memory_iclip": 1.0, "memory_peer": 3.0}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Case]:
    """The cases that were measured; each gives one row."""
    cases: list[Case] = []

    def measure(case: Case, script: str) -> list[dict[str, object]]:
        cases.append(case)
        return [{"case": case.name, "pass": PASSES[0], **ROW}]

    monkeypatch.setattr(backbones, "measure", measure)
    # The command sets it for its process, which is the tests' here.
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    return cases


def test_a_row_has_times_ratio_and_memory(
    measured: list[Case], tmp_path: Path, capsys: pytest.CaptureFixture
):
    out = tmp_path / "speed.json"
    assert main(bench_backbones, ["--cases", NAME, "--json", str(out)]) == 0
    head, _, row = capsys.readouterr().out.splitlines()[-3:]
    assert row == f"| {NAME} | {PASSES[0]} | 0.500 s | 1.250 s | 2.50 | 1.00 GB | 3.00 GB |"
    assert head.count("|") == row.count("|")
    assert json.loads(out.read_text()) == [{"case": NAME, "pass": PASSES[0], **ROW}]


def test_all_cases_are_measured_as_the_options_say(measured: list[Case]):
    assert main(bench_backbones, ["--rounds", "2", "--threads", "3", "--bf16"]) == 0
    assert [case.name for case in measured] == [*backbones.CASES]
    assert {(case.settings.rounds, case.threads, case.bf16) for case in measured} == {(2, 3, True)}


def test_a_process_for_memory_prints_the_peak_alone(
    measured: list[Case], capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    asked = []
    monkeypatch.setattr(
        backbones, "peak_memory_gb", lambda case, *what: asked.append((case.name, *what)) or 0.25
    )
    assert main(bench_backbones, ["--cases", NAME, "--peak-of", "forward", "peer"]) == 0
    assert capsys.readouterr().out == "0.25\n"
    assert asked == [(NAME, "forward", "peer")] and not measured
