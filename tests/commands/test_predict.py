"""The command that predicts: what it says, and its exit codes."""

from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from iclip.commands import predict
from iclip.commands.command_line import main
from tests.support.default_scope import scope_is_restored  # noqa: F401  (a fixture)
from tests.support.random_weights import save_random_weights
from tests.support.stub_predictor import write_blank_image

CONFIG = "downstream/toy/lvis_frcnn_scratch.py"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_blank_image(tmp_path / "in/a.png", 64, 96)
    write_blank_image(tmp_path / "in/b.png", 64, 96)
    return tmp_path / "in"


@pytest.fixture
def command_line(folder: Path, tmp_path: Path) -> list[str]:
    checkpoint = save_random_weights(Config.fromfile(CONFIG), tmp_path / "det.pth")
    return [CONFIG, str(checkpoint), str(folder), "--out", str(tmp_path / "out"), "--device", "cpu"]


def test_number_of_files_and_the_folder_of_the_pictures_are_said(
    command_line: list[str], folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    (folder / "b.png").unlink()
    assert main(predict, command_line) == 0
    told = capsys.readouterr().out
    assert told.startswith("1 file\n")
    assert f"1 picture: {tmp_path / 'out'}\n" in told


@pytest.mark.parametrize(
    ("position", "argument", "told"),
    [
        (0, "absent.py", "config absent.py does not exist"),
        (1, "absent.pth", "absent.pth does not exist"),
    ],
)
def test_missing_file_is_named(
    position: int, argument: str, told: str, folder: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture,
):  # fmt: skip
    arguments = [CONFIG, "absent.pth", str(folder), "--out", str(tmp_path / "out")]
    arguments[position] = argument
    assert main(predict, [*arguments, "--device", "cpu"]) == 2
    assert told in capsys.readouterr().err


def test_exit_code_says_that_files_failed(
    command_line: list[str], folder: Path, capsys: pytest.CaptureFixture
):
    (folder / "c.jpg").write_bytes(b"")
    assert main(predict, command_line) == 2
    told = capsys.readouterr()
    assert "2 pictures: " in told.out
    assert (
        f"1 of 3 files failed: {folder / 'c.jpg'} (not an image (0 bytes, starting with b''))"
        in told.err
    )


def test_second_command_continues_with_the_same_settings_only(
    command_line: list[str], capsys: pytest.CaptureFixture
):
    assert main(predict, command_line) == 0
    assert main(predict, command_line) == 0
    assert "2 of the files were done before" in capsys.readouterr().out
    assert main(predict, [*command_line, "--score-threshold", "0.5"]) == 2
    assert "score_threshold 0.3, now 0.5" in capsys.readouterr().err


def test_interrupted_command_says_how_to_go_on(
    command_line: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    def interrupted(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("iclip.openmmlab.predict.predict_files.predict_files", interrupted)
    assert main(predict, command_line) == 130
    assert "what is complete (predictions.jsonl). The same command does" in capsys.readouterr().err


def test_interval_must_be_positive(command_line: list[str], capsys: pytest.CaptureFixture):
    assert main(predict, [*command_line, "--every", "0"]) == 2
    assert "--every 0.0: give seconds above 0" in capsys.readouterr().err
