"""The hub's Swin is timed beside the frameworks' own."""

import subprocess
from pathlib import Path

import pytest
import torch

from iclip.benchmarks.peers import backbones
from iclip.benchmarks.peers.backbones import PASSES, SIDES, BackbonePass, Case
from iclip.benchmarks.settings import Settings
from iclip.commands import bench_backbones
from iclip.commands.command_line import parse
from iclip.commands.scripts import script_of

SETTINGS = Settings("cpu", rounds=1)


@pytest.fixture(autouse=True)
def small_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = {"image": (1, 0, 56, 56), "video": (1, 4, 32, 32)}
    monkeypatch.setattr(backbones, "CASES", cases)


@pytest.mark.parametrize("name", ["image", "video"])
def test_each_pass_is_measured_on_both_sides(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backbones, "peak_memory_in_a_process", lambda *_: 0.5)
    rows = backbones.measure(Case(name, SETTINGS), "no script")
    assert [row["pass"] for row in rows] == list(PASSES)
    for row in rows:
        assert row["case"] == name
        assert all(row[side] > 0 and row[f"memory_{side}"] == 0.5 for side in SIDES)


@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("name", PASSES)
def test_only_the_training_pass_leaves_gradients(name: str, bf16: bool):
    model = torch.nn.Linear(2, 2)
    BackbonePass(model, torch.ones(1, 2), Case("image", SETTINGS, bf16), name)()
    assert (model.weight.grad is not None) == (name == PASSES[1])


def test_memory_is_measured_by_the_tool_with_the_case_as_its_options(
    monkeypatch: pytest.MonkeyPatch,
):
    commands = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, stdout="a warning\n0.25\n")

    monkeypatch.setattr(subprocess, "run", run)
    case = Case("video", Settings("cuda"), bf16=True, threads=3)
    script = script_of("bench_backbones")
    assert backbones.peak_memory_in_a_process(case, PASSES[0], "peer", script) == 0.25
    _, called, *options = commands[0]
    assert Path(called).is_file()
    args = parse(bench_backbones, options)
    assert (args.cases, args.device, args.bf16, args.threads) == (["video"], "cuda", True, 3)
    assert args.peak_of == [PASSES[0], "peer"]


def test_peak_memory_is_that_of_the_pass():
    case = Case("image", SETTINGS)
    assert 0 <= backbones.peak_memory_gb(case, PASSES[0], "iclip") < 10
