"""The command that compares classifiers on new classes, with a stand-in for training."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from iclip.benchmarks.toy.new_class_pictures import NewObjects
from iclip.commands import compare_classifiers
from iclip.commands.command_line import CommandFailed, main
from iclip.files.one_owner import one_owner
from iclip.results.toy_tables import NEW_CLASS_METRICS

SCORES = {name: 0.25 for names in NEW_CLASS_METRICS.values() for name in names}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The calls of commands so far: the name, then the arguments."""
    calls: list[list[str]] = []

    def run_command(name: str, arguments: list[str], log: Path, **_: Any) -> None:
        calls.append([name, *arguments])
        if name == "train":
            run = Path(arguments[arguments.index("--work-dir") + 1])
            run.mkdir(parents=True)
            metrics = {"iteration": 3, "metrics": SCORES}
            (run / "metrics.json").write_text(json.dumps(metrics))
        else:
            out = Path(arguments[arguments.index("--out") + 1])
            out.mkdir(parents=True)
            (out / "predictions.json").write_text("{}")

    monkeypatch.setattr(compare_classifiers, "run_command", run_command)
    # Ten images with objects of new classes.
    new = NewObjects({}, {f"{i}.jpg": [] for i in range(10)})
    monkeypatch.setattr(compare_classifiers, "read_new_objects", lambda world: new)
    monkeypatch.setattr(compare_classifiers, "shipped_config", lambda name: Path(name))
    monkeypatch.setenv("ICLIP_DATA", str(tmp_path / "data"))
    (tmp_path / "data/toy/open_vocabulary").mkdir(parents=True)
    (tmp_path / "latest.pth").touch()
    return calls


def command(tmp_path: Path, *options: str) -> int:
    arguments = [str(tmp_path / "latest.pth"), "--out", str(tmp_path / "out"), *options]
    return main(compare_classifiers, arguments)


def seed_of(arguments: list[str]) -> str:
    return arguments[arguments.index("--seed") + 1]


def test_every_classifier_is_trained_with_every_seed_and_the_first_is_drawn(
    called: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert command(tmp_path, "--seeds", "2", "--jobs", "1") == 0
    trained = [arguments for name, *arguments in called if name == "train"]
    assert len({(arguments[0], seed_of(arguments)) for arguments in trained}) == 3 * 3 * 2
    assert all("--checkpoint" in arguments and "--resume" in arguments for arguments in trained)
    (predicted,) = ([*arguments] for name, *arguments in called if name == "predict")
    assert predicted[0] == "downstream/toy/lvis_frcnn_openvocab.py"
    assert sum(argument.endswith(".jpg") for argument in predicted) == 8
    pictures = tmp_path / "out/lvis_frcnn_openvocab/seed0/pictures/new_classes"
    assert (pictures / "predictions.json").is_file()
    told = capsys.readouterr().out
    assert "18 runs, 0 of them done before" in told and "[18/18] " in told and str(pictures) in told
    table = (tmp_path / "out/table.md").read_text()
    assert "| video, top-1 | linear | 25.0 ± 0.0 | 25.0 ± 0.0 | 25.0 ± 0.0 | 2 |" in table
    assert "0 by construction" in table and table.strip() in told


def test_what_is_done_is_not_done_again(
    called: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    options = ("--tasks", "detection", "--classifiers", "text", "--seeds", "1")
    assert command(tmp_path, *options) == 0
    assert [name for name, *_ in called] == ["train", "predict"]
    called.clear()
    assert command(tmp_path, *options) == 0
    assert not called and "1 run, 1 of them done before" in capsys.readouterr().out


def test_table_of_what_there_is_trains_nothing(
    called: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert command(tmp_path, "--table") == 0
    assert not called and not (tmp_path / "out").exists()
    assert "| detection, box AP | linear | - | - | - | 0 |" in capsys.readouterr().out


def test_no_run_begins_after_one_that_failed(
    called: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def run_command(name: str, arguments: list[str], log: Path) -> None:
        called.append([name])
        raise CommandFailed("iclip train ended with exit code 1; see console.log")

    monkeypatch.setattr(compare_classifiers, "run_command", run_command)
    assert command(tmp_path, "--jobs", "1") != 0
    assert len(called) == 1 and not (tmp_path / "out/table.md").exists()


@pytest.mark.parametrize(("options", "message"), [
    (["--tasks", "detection,pose"], "--tasks pose is unknown: choose from detection,video,segm"),
    (["--classifiers", " , "], "--classifiers ' , ' is unknown: choose from text,names,linear"),
    (["--seeds", "0"], "--seeds 0 is not allowed: give 1 or more"),
])  # fmt: skip
def test_odd_option_is_one_message(
    called: list[list[str]], options: list[str], message: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    assert command(tmp_path, *options) == 2
    assert message in capsys.readouterr().err
    assert not called


def test_absent_checkpoint_or_part_of_the_world_is_one_message(
    called: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "data/toy/open_vocabulary").rmdir()
    assert command(tmp_path) == 2
    told = capsys.readouterr().err
    assert "there is no" in told and f"make_toy_data.py --root {tmp_path}/data/toy" in told
    (tmp_path / "latest.pth").unlink()
    assert command(tmp_path) == 2
    assert f"there is no checkpoint {tmp_path / 'latest.pth'}" in capsys.readouterr().err
    assert not called and not (tmp_path / "out").exists()


def test_second_process_in_a_folder_is_refused(
    called: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    with one_owner(tmp_path / "out", "--out"):
        assert command(tmp_path) == 2
    assert not called
    assert f"is in use by process {os.getpid()} on" in capsys.readouterr().err
