"""Commands over many files: faulty ones are named, the others done, and a second one continues."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.predict import predict_files as prediction
from iclip.predict.inputs import find_inputs
from iclip.predict.predict_files import predict_files
from iclip.predict.prediction_records import PredictionRecords
from tests.support.stub_predictor import (
    PICTURE,
    StubPredictor,
    interrupt,
    predict_on,
    write_blank_image,
)
from tests.support.video_files import write_lighter_and_lighter


def bad_files(folder: Path) -> dict[str, str]:
    """Files that cannot be read, with what is said of each."""
    write_blank_image(folder / "cut.png", 64, 64)
    content = (folder / "cut.png").read_bytes()
    (folder / "cut.png").write_bytes(content[:40])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_bytes(b"no image")
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "text.mp4").write_bytes(b"no video")
    huge_header(folder / "huge.bmp")
    return {
        "cut.png": "", "empty.jpg": "not an image (0 bytes", "text.jpg": "not an image (8 bytes",
        "empty.mp4": "not a video file", "text.mp4": "not a video file", "huge.bmp": "of 178956970",
    }  # fmt: skip


def huge_header(path: Path) -> None:
    """A picture of 40,000 x 40,000 pixels in a few bytes."""
    write_blank_image(path)
    content = bytearray(path.read_bytes())
    content[18:26] = (40_000).to_bytes(4, "little") * 2
    path.write_bytes(bytes(content))


def test_faulty_files_are_named_and_the_others_done(tmp_path: Path):
    bad = bad_files(tmp_path / "in")
    for name in ("a.png", "m.png", "z.png"):
        write_blank_image(tmp_path / "in" / name)
    outcome = predict_on([tmp_path / "in"], tmp_path / "out")
    assert set(outcome.records) == {"a.jpg", "m.jpg", "z.jpg"}
    assert {Path(file).name for file in outcome.failed} == bad.keys()
    for file, reason in outcome.failed.items():
        assert bad[Path(file).name] in reason
        assert "\n" not in reason
    assert outcome.problem().startswith("6 of 9 files failed: ")


def test_names_that_are_not_text_are_predicted_on_and_printable(tmp_path: Path):
    names = [os.fsdecode(b"x\xff.png"), "longest" * 35 + ".png", "a\nb.png"]
    for name in names:
        write_blank_image(tmp_path / "in" / name)
    broken = tmp_path / "in" / os.fsdecode(b"y\xfe.jpg")
    broken.write_bytes(b"")
    lines: list[str] = []
    files, _ = find_inputs([tmp_path / "in"], only_videos=False)
    outcome = predict_files(StubPredictor(), files, tmp_path / "out", report=lines.append)
    assert len(outcome.records) == 3 and len(outcome.failed) == 1
    assert "y\\udcfe.jpg (not an image" in outcome.problem()
    for line in [*lines, outcome.problem()]:
        line.encode()  # as a terminal does
    again = predict_files(StubPredictor(), files, tmp_path / "out", report=lines.append)
    assert again.done_before == 3 and again.records == outcome.records


def test_video_that_breaks_keeps_the_frames_before(tmp_path: Path, monkeypatch):
    def breaks(path: Path, every: float):
        yield 0.0, PICTURE
        raise ValueError("broken packet")

    monkeypatch.setattr(prediction, "timed_frames", breaks)
    (tmp_path / "a.mp4").write_bytes(b"x")
    outcome = predict_on([tmp_path / "a.mp4"], tmp_path / "out")
    assert list(outcome.records) == ["a_0000.00s.jpg"]
    assert outcome.problem() == f"1 of 1 file failed: {tmp_path / 'a.mp4'} (broken packet)"


@pytest.mark.parametrize("error", [RuntimeError("CUDA out of memory"), MemoryError()])
def test_image_that_the_model_cannot_take_is_named(error: Exception, tmp_path: Path):
    def fails(call: int) -> None:
        if call == 1:
            raise error

    files = [write_blank_image(tmp_path / name) for name in ("a.png", "b.png")]
    outcome = predict_on(files, tmp_path / "out", StubPredictor(fails))
    assert list(outcome.records) == ["b.jpg"]
    assert outcome.error is error


def test_faults_of_the_program_show_themselves(tmp_path: Path):
    def fails(call: int) -> None:
        raise TypeError("ours")

    with pytest.raises(TypeError, match="ours"):
        predict_on([write_blank_image(tmp_path / "a.png")], tmp_path / "out", StubPredictor(fails))


def test_full_disk_ends_the_command(tmp_path: Path, monkeypatch):
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PredictionRecords, "_write_free", full)
    with pytest.raises(OSError, match="No space left"):
        predict_on([write_blank_image(tmp_path / "a.png")], tmp_path / "out")


def test_second_command_does_what_is_left(tmp_path: Path):
    files = [write_blank_image(tmp_path / f"{name}.png") for name in "abcd"]
    interrupt(files, tmp_path / "out", at=3)
    predictor = StubPredictor()
    outcome = predict_on(files, tmp_path / "out", predictor)
    assert predictor.calls == 2
    assert outcome.done_before == 2
    assert list(outcome.records) == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert json.loads((tmp_path / "out/predictions.json").read_text()) == outcome.records


def test_second_command_does_the_frames_that_are_left(tmp_path: Path):
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=40)
    interrupt([clip], tmp_path / "out", at=3)
    predictor = StubPredictor()
    outcome = predict_on([clip], tmp_path / "out", predictor)
    assert predictor.calls == 3
    assert [record["seconds"] for record in outcome.records.values()] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_files_that_failed_are_tried_again(tmp_path: Path):
    good, bad = write_blank_image(tmp_path / "a.png"), tmp_path / "b.png"
    bad.write_bytes(b"")
    assert predict_on([good, bad], tmp_path / "out").failed
    write_blank_image(bad)
    outcome = predict_on([good, bad], tmp_path / "out")
    assert (len(outcome.records), outcome.done_before, outcome.failed) == (2, 1, {})
