"""The command that trains the methods beside each other, with stand-ins for the training."""

import json
import time
from pathlib import Path

import pytest

from iclip.commands import compare_methods
from iclip.commands.command_line import CommandFailed, main
from iclip.files.one_owner import one_owner


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command's runs lie; drawing nothing."""
    folder = tmp_path / "world2_samples1280"
    folder.mkdir()
    monkeypatch.setattr(compare_methods, "prepare_world", lambda seed, folder: None)
    return folder


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    return ["--arms", "ratios", "--seeds", "2", "--samples", "1280", "--out", str(tmp_path)]


def test_all_ratios_and_seeds_are_in_table_and_report(
    world: Path,
    options: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def train(method, seed, folder, samples):
        run = folder / method.folder / f"seed{seed}"
        run.mkdir(parents=True)
        metrics = {"iteration": samples // 128, "metrics": {"seen/top1": 40.0 + 10 * seed}}
        (run / "metrics.json").write_text(json.dumps(metrics))
        return f"{method.name}, seed {seed}: done"

    monkeypatch.setattr(compare_methods, "train", train)
    assert main(compare_methods, options) == 0
    told = capfd.readouterr().out
    assert told.count(": done, ") == 14
    assert "[14/14]" in told
    table = (world / "table_ratios.md").read_text()
    # 40 and 50: their mean, and their sample standard deviation.
    assert table.count("| 45.0 ± 7.1 |") == 7
    assert str(world / "report.html") in told
    assert "90 : 10" in (world / "report.html").read_text()


def test_run_that_fails_names_its_log_and_stops_the_rest(
    world: Path,
    options: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    started = []

    def train(method, seed, folder, samples):
        started.append(method)
        time.sleep(0.1)
        raise CommandFailed("CLIP, seed 0 ended with exit code 1; see console.log")

    monkeypatch.setattr(compare_methods, "train", train)
    assert main(compare_methods, options) == 1
    assert "compare_methods: CLIP, seed 0 ended with exit code 1" in capsys.readouterr().err
    assert len(started) < 14


def test_second_process_in_a_folder_is_refused_and_its_table_is_not(
    world: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with one_owner(world, "--out"):
        assert main(compare_methods, options) == 2
        told = capsys.readouterr().err
        assert f"ERROR: {world} is in use by process" in told and "another --out" in told
        main(compare_methods, [*options, "--table"])
    assert (world / "table_ratios.md").is_file() and "is in use" not in capsys.readouterr().err
