"""The command that opens a page: what it refuses before a page is there."""

import socket
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from PIL import Image

from iclip.commands import demo
from iclip.commands.command_line import main


def no_gradio(name: str) -> str:
    raise PackageNotFoundError(name)


@pytest.fixture
def with_gradio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "version", lambda name: "6.31.0")


def test_absence_of_gradio_is_said_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "version", no_gradio)
    assert main(demo, ["W"]) == 2
    assert "the page needs gradio: pip install 'iclip[demo]' or" in capsys.readouterr().err


def test_old_gradio_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # What pip finds beside the tested Pillow, without a word.
    monkeypatch.setattr(demo, "version", lambda name: "3.18.0")
    assert main(demo, ["W"]) == 2
    assert "gradio 6 or newer, 3.18.0 is installed: pip install" in capsys.readouterr().err


@pytest.mark.usefixtures("with_gradio")
def test_taken_port_is_said_before_the_model_is_loaded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(demo, ["/no/such/model", "--port", port]) == 2
    assert f"--port {port} of 127.0.0.1 cannot be had" in capsys.readouterr().err


@pytest.mark.usefixtures("with_gradio")
def test_absent_model_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(demo, [str(tmp_path / "gone.pth"), "--port", "0"]) == 2
    assert "gone.pth" in capsys.readouterr().err


def test_folder_without_images_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(ValueError, match=str(tmp_path)):
        demo.find_files(tmp_path, videos=False)


def test_images_are_found_at_any_depth_and_videos_are_not(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "in/a b.PNG")
    (tmp_path / "clip.mp4").write_bytes(b"")
    assert demo.find_files(tmp_path, videos=False) == [tmp_path / "in/a b.PNG"]
    assert demo.find_files(tmp_path, videos=True) == [tmp_path / "clip.mp4"]


def test_no_folder_means_no_examples() -> None:
    assert demo.find_files(None, videos=False) == []
