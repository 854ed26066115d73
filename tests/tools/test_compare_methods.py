"""The command that trains the methods beside each other, with stand-ins for the training."""

import json
import sys
from pathlib import Path

import pytest

from tools import compare_methods


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command's runs lie; drawing nothing."""
    folder = tmp_path / "world2_samples1280"
    folder.mkdir()
    monkeypatch.setattr(compare_methods, "prepare_world", lambda seed, folder: None)
    options = ["--arms", "ratios", "--seeds", "2", "--samples", "1280", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["compare_methods.py", *options])
    return folder


def test_all_ratios_and_seeds_are_in_table_and_report(
    world: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def train(arm, seed, folder, samples):
        run = folder / arm.folder / f"seed{seed}"
        run.mkdir(parents=True)
        metrics = {"iteration": samples // 128, "metrics": {"seen/top1": 40.0 + 10 * seed}}
        (run / "metrics.json").write_text(json.dumps(metrics))
        return f"{arm.name}, seed {seed}: done"

    monkeypatch.setattr(compare_methods, "train", train)
    assert compare_methods.main() == 0
    told = capfd.readouterr().out
    assert told.count(": done, eta") == 14
    assert "[14/14]" in told
    table = (world / "table_ratios.md").read_text()
    # 40 and 50: their mean, and their sample standard deviation.
    assert table.count("| 45.0 ± 7.1 |") == 7
    assert str(world / "report.html") in told
    assert "90 : 10" in (world / "report.html").read_text()


def test_run_that_fails_names_its_log_and_stops_the_rest(
    world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started = []

    def train(arm, seed, folder, samples):
        started.append(arm)
        raise RuntimeError("CLIP, seed 0 ended with exit code 1; see console.log")

    monkeypatch.setattr(compare_methods, "train", train)
    assert compare_methods.main() == 1
    assert "compare_methods: CLIP, seed 0 ended with exit code 1" in capsys.readouterr().err
    assert len(started) < 14
