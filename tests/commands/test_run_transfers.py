"""The command that trains the transfers, with a stand-in for training and prediction."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from iclip.commands import run_transfers
from iclip.commands.command_line import main
from iclip.files.one_owner import one_owner

SCORES = {"lvis/AP": 0.25, "mIoU": 30.0, "acc/top1": 0.5}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The calls of tools so far: the tool's name, then its arguments."""
    calls: list[list[str]] = []

    def run_command(name: str, arguments: list[str], log: Path, **_: Any) -> None:
        calls.append([name, *arguments])
        if name == "train":
            run = Path(arguments[arguments.index("--work-dir") + 1])
            run.mkdir(parents=True)
            metrics = {"iteration": 3, "metrics": SCORES}
            (run / "metrics.json").write_text(json.dumps(metrics))

    monkeypatch.setattr(run_transfers, "run_command", run_command)
    return calls


def test_each_task_is_trained_twice_and_drawn_once(
    called: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "latest.pth").touch()
    options = [str(tmp_path / "latest.pth"), "--out", str(tmp_path / "out"), "--jobs", "1"]
    assert main(run_transfers, options) == 0
    trained = [arguments for name, *arguments in called if name == "train"]
    assert sorted("--checkpoint" in arguments for arguments in trained) == [False] * 3 + [True] * 3
    assert all(
        ("--checkpoint" in arguments) != arguments[0].endswith("_scratch.py")
        for arguments in trained
    )
    assert [name for name, *_ in called].count("predict") == 3
    told = capsys.readouterr().out
    assert "[6/6] " in told
    (row,) = (line for line in told.splitlines() if line.startswith("segmentation"))
    assert row.split()[-3:] == ["mIoU", "30.0", "30.0"]


def test_what_is_trained_is_not_trained_again(
    called: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "latest.pth").touch()
    options = [str(tmp_path / "latest.pth"), "--out", str(tmp_path / "out")]
    main(run_transfers, options)
    called.clear()
    assert main(run_transfers, options) == 0
    assert not [name for name, *_ in called if name == "train"]
    assert capsys.readouterr().out.count(": was there") == 6


def test_absent_checkpoint_is_one_message(
    called: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(run_transfers, [str(tmp_path / "absent.pth")]) == 2
    assert f"there is no checkpoint {tmp_path / 'absent.pth'}" in capsys.readouterr().err
    assert not called


def test_second_process_in_a_folder_is_refused(
    called: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "latest.pth").touch()
    with one_owner(tmp_path / "out", "--out"):
        options = [str(tmp_path / "latest.pth"), "--out", str(tmp_path / "out")]
        assert main(run_transfers, options) == 2
    assert not called
    told = capsys.readouterr().err
    assert f"ERROR: {tmp_path}/out is in use by process {os.getpid()} on" in told
    assert "or give another --out" in told
