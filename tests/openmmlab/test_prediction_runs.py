"""A run over many files: bad ones are named, nothing is lost or overwritten, and it goes on."""

import json
import os
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.predict import predict_files as prediction
from iclip.openmmlab.predict.inputs import InputFile, find_inputs
from iclip.openmmlab.predict.pictures import LARGEST_SIDE, resize_for_viewing
from iclip.openmmlab.predict.predict_files import Outcome, predict_files, read_image, timed_frames
from iclip.openmmlab.predict.records import PredictionRecords
from tests.support.video_files import write_lighter_and_lighter

PICTURE = np.zeros((4, 6, 3), dtype=np.uint8)


class Counts:
    """Stands in for a detector: the record is the image's size and the number of the call."""

    def __init__(self, fails: Any = None) -> None:
        self.calls = 0
        self.fails = fails

    def __call__(self, image: Any) -> Any:
        self.calls += 1
        if self.fails is not None:
            self.fails(self.calls)
        return PICTURE, {"labels": [str(self.calls)], "size": list(image.shape[:2])}


def photo(path: Path, height: int = 4, width: int = 6) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height)).save(path)
    return path


def run(paths: list[Path], out: Path, predictor: Any = None, **settings: Any) -> Outcome:
    files, _ = find_inputs(paths, only_videos=False)
    lines: list[str] = []
    return predict_files(predictor or Counts(), files, out, report=lines.append, **settings)


def journal(out: Path) -> list[dict[str, Any]]:
    lines = (out / "predictions.jsonl").read_text().splitlines()[1:]
    return [json.loads(line) for line in lines]


def bad_files(folder: Path) -> dict[str, str]:
    """Files that cannot be read, with what is said of each."""
    photo(folder / "cut.png", 64, 64)
    content = (folder / "cut.png").read_bytes()
    (folder / "cut.png").write_bytes(content[:40])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_bytes(b"no image")
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "text.mp4").write_bytes(b"no video")
    huge_header(folder / "huge.bmp")
    return {
        "cut.png": "", "empty.jpg": "the file is empty", "text.jpg": "not an image that",
        "empty.mp4": "not a video file", "text.mp4": "not a video file", "huge.bmp": "than 2**30",
    }  # fmt: skip


def huge_header(path: Path) -> None:
    """A picture of 40,000 x 40,000 pixels in a few bytes."""
    photo(path)
    content = bytearray(path.read_bytes())
    content[18:26] = (40_000).to_bytes(4, "little") * 2
    path.write_bytes(bytes(content))


def test_bad_files_are_named_and_the_others_done(tmp_path: Path):
    bad = bad_files(tmp_path / "in")
    for name in ("a.png", "m.png", "z.png"):
        photo(tmp_path / "in" / name)
    outcome = run([tmp_path / "in"], tmp_path / "out")
    assert set(outcome.records) == {"a.jpg", "m.jpg", "z.jpg"}
    assert {Path(file).name for file in outcome.failed} == bad.keys()
    for file, reason in outcome.failed.items():
        assert bad[Path(file).name] in reason
        assert "\n" not in reason
    assert outcome.problem().startswith("6 of 9 files failed: ")


def test_video_that_breaks_keeps_the_frames_before(tmp_path: Path, monkeypatch):
    def breaks(path: Path, every: float):
        yield 0.0, PICTURE
        raise ValueError("broken packet")

    monkeypatch.setattr(prediction, "timed_frames", breaks)
    (tmp_path / "a.mp4").write_bytes(b"x")
    outcome = run([tmp_path / "a.mp4"], tmp_path / "out")
    assert list(outcome.records) == ["a_0000.00s.jpg"]
    assert outcome.problem() == f"1 of 1 file failed: {tmp_path / 'a.mp4'} (broken packet)"


@pytest.mark.parametrize("error", [RuntimeError("CUDA out of memory"), MemoryError()])
def test_image_that_the_model_cannot_take_is_named(error: Exception, tmp_path: Path):
    def fails(call: int) -> None:
        if call == 1:
            raise error

    files = [photo(tmp_path / name) for name in ("a.png", "b.png")]
    outcome = run(files, tmp_path / "out", Counts(fails))
    assert list(outcome.records) == ["b.jpg"]
    assert outcome.error is error


def test_faults_of_the_program_show_themselves(tmp_path: Path):
    def fails(call: int) -> None:
        raise TypeError("ours")

    with pytest.raises(TypeError, match="ours"):
        run([photo(tmp_path / "a.png")], tmp_path / "out", Counts(fails))


def test_full_disk_stops_the_run(tmp_path: Path, monkeypatch):
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PredictionRecords, "_write_free", full)
    with pytest.raises(OSError, match="No space left"):
        run([photo(tmp_path / "a.png")], tmp_path / "out")


def interrupted(paths: list[Path], out: Path, at: int, **settings: Any) -> None:
    def stops(call: int) -> None:
        if call == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(paths, out, Counts(stops), **settings)


def test_records_are_written_as_they_come(tmp_path: Path):
    files = [photo(tmp_path / f"{name}.png") for name in "abc"]
    interrupted(files, tmp_path / "out", at=3)
    assert [line["picture"] for line in journal(tmp_path / "out")] == ["a.jpg", "b.jpg"]
    assert not (tmp_path / "out/predictions.json").exists()


def test_second_run_does_what_is_left(tmp_path: Path):
    files = [photo(tmp_path / f"{name}.png") for name in "abcd"]
    interrupted(files, tmp_path / "out", at=3)
    predictor = Counts()
    outcome = run(files, tmp_path / "out", predictor)
    assert predictor.calls == 2
    assert outcome.there == 2
    assert list(outcome.records) == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert json.loads((tmp_path / "out/predictions.json").read_text()) == outcome.records


def test_second_run_does_the_frames_that_are_left(tmp_path: Path):
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=40)
    interrupted([clip], tmp_path / "out", at=3)
    predictor = Counts()
    outcome = run([clip], tmp_path / "out", predictor)
    assert predictor.calls == 3
    assert [record["seconds"] for record in outcome.records.values()] == [0.0, 1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_line_that_was_cut_is_done_again(cut: int, tmp_path: Path):
    files = [photo(tmp_path / f"{name}.png") for name in "ab"]
    run(files, tmp_path / "out")
    lines = tmp_path / "out/predictions.jsonl"
    lines.write_bytes(lines.read_bytes()[:-cut])
    (tmp_path / "out/b.jpg").unlink()
    predictor = Counts()
    assert list(run(files, tmp_path / "out", predictor).records) == ["a.jpg", "b.jpg"]
    assert predictor.calls == 1


def test_files_that_failed_are_tried_again(tmp_path: Path):
    good, bad = photo(tmp_path / "a.png"), tmp_path / "b.png"
    bad.write_bytes(b"")
    assert run([good, bad], tmp_path / "out").failed
    photo(bad)
    outcome = run([good, bad], tmp_path / "out")
    assert (len(outcome.records), outcome.there, outcome.failed) == (2, 1, {})


def test_file_with_new_content_under_an_old_name_is_done(tmp_path: Path):
    file = photo(tmp_path / "a.png")
    run([file], tmp_path / "out")
    photo(file, 8, 8)
    outcome = run([file], tmp_path / "out")
    assert [record["size"] for record in outcome.records.values()] == [[4, 6], [8, 8]]
    assert list(outcome.records) == ["a.jpg", "a_2.jpg"]


def test_picture_that_was_deleted_is_drawn_again(tmp_path: Path):
    file = photo(tmp_path / "a.png")
    run([file], tmp_path / "out")
    (tmp_path / "out/a.jpg").unlink()
    assert list(run([file], tmp_path / "out").records) == ["a.jpg"]
    assert (tmp_path / "out/a.jpg").is_file()


def test_inputs_in_the_output_folder_stay(tmp_path: Path):
    file = photo(tmp_path / "a.jpg")
    before = file.read_bytes()
    assert list(run([file], tmp_path).records) == ["a_2.jpg"]
    assert file.read_bytes() == before


def test_other_settings_are_refused(tmp_path: Path):
    file = photo(tmp_path / "a.png")
    run([file], tmp_path / "out", settings={"checkpoint": "x.pth", "every": 1.0})
    told = r"settings \(checkpoint 'x\.pth', now 'y\.pth'\)\. Name another folder"
    with pytest.raises(ValueError, match=told):
        run([file], tmp_path / "out", settings={"checkpoint": "y.pth", "every": 1.0})


def test_predictions_of_something_else_are_not_overwritten(tmp_path: Path):
    (tmp_path / "predictions.json").write_text("{}")
    with pytest.raises(ValueError, match=r"predictions\.json without predictions\.jsonl"):
        run([photo(tmp_path / "a.png")], tmp_path)
    assert (tmp_path / "predictions.json").read_text() == "{}"


def test_damaged_journal_is_named_with_its_line(tmp_path: Path):
    file = photo(tmp_path / "a.png")
    run([file], tmp_path / "out")
    lines = tmp_path / "out/predictions.jsonl"
    lines.write_text(lines.read_text() + "[]\n")
    with pytest.raises(ValueError, match=r"predictions\.jsonl, line 3 is not a line of pred"):
        run([file], tmp_path / "out")


@pytest.mark.parametrize(
    ("names", "pictures"),
    [
        (["cam1/a.png", "cam2/a.png"], ["cam1_a", "cam2_a"]),
        (["x/cam/a.png", "y/cam/a.png"], ["x_cam_a", "y_cam_a"]),
        (["a.png", "a.bmp"], ["a.png", "a.bmp"]),
        # Some file systems do not tell these apart.
        (["A.png", "b/a.png"], ["in_A", "b_a"]),
        (["s/a.png", "s_a.png", "t/a.png"], ["s_a.png", "s_a", "t_a"]),
        (["o/q/r/a.png", "p/q/r/a.png"], ["a.png", "a.png_2"]),
        (["ü ñ 日本.png", "blank in name.png"], ["ü ñ 日本", "blank in name"]),
        (["x" * 240 + ".png"], ["x" * 200]),
        (["a:b.png"], ["a_b"]),
    ],
    ids=lambda names: "-".join(names)[:30],
)
def test_every_file_keeps_its_picture(names: list[str], pictures: list[str], tmp_path: Path):
    for number, name in enumerate(names):
        photo(tmp_path / "in" / name, width=6 + number)
    outcome = run([tmp_path / "in"], tmp_path / "out")
    found = {name: record["size"][1] - 6 for name, record in outcome.records.items()}
    assert found == {f"{picture}.jpg": number for number, picture in enumerate(pictures)}
    assert {file.name for file in (tmp_path / "out").glob("*.jpg")} == found.keys()


def test_file_that_is_named_twice_is_done_once(tmp_path: Path):
    file = photo(tmp_path / "in/a.png")
    (tmp_path / "link.png").symlink_to(file)
    outcome = run([file, tmp_path / "in", tmp_path / "link.png"], tmp_path / "out")
    assert list(outcome.records) == ["a.jpg"]


def test_folders_are_read_at_any_depth_and_mixed(tmp_path: Path):
    for name in ("b/c/one.PNG", "two.jpeg", "three.ppm", "._two.jpeg"):
        photo(tmp_path / "a.png").rename(tmp_path / "a.tmp")
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        os.rename(tmp_path / "a.tmp", tmp_path / "in" / name)
    write_lighter_and_lighter(tmp_path / "in/clip.mp4")
    (tmp_path / "in/notes.txt").write_text("x")
    files, left_out = find_inputs([tmp_path / "in"], only_videos=False)
    assert [file.title for file in files] == ["clip", "three", "two", "one"]
    assert [file.is_video for file in files] == [True, False, False, False]
    assert str(left_out) == (
        f"1 .txt ({tmp_path / 'in/notes.txt'}), 1 hidden ({tmp_path / 'in/._two.jpeg'})"
    )
    assert len(find_inputs([tmp_path / "in"], only_videos=False, limit=2)[0]) == 2


def test_recognizer_takes_the_videos_of_a_mixed_folder(tmp_path: Path):
    photo(tmp_path / "in/a.png")
    write_lighter_and_lighter(tmp_path / "in/clip.mp4")
    files, left_out = find_inputs([tmp_path / "in"], only_videos=True)
    assert files == [InputFile(tmp_path / "in/clip.mp4", "clip")]
    assert str(left_out) == f"1 .png ({tmp_path / 'in/a.png'})"


@pytest.mark.parametrize(
    ("path", "only_videos", "told"),
    [
        ("absent", False, "INPUT .*absent does not exist"),
        ("empty", False, r"INPUT .*empty holds no images or videos that the model takes \(\.avi"),
        ("a.png", True, r"INPUT .*a\.png is not one of the videos that the model takes \(\.avi"),
        ("a.txt", False, r"INPUT .*a\.txt is not one of the images or videos"),
    ],
)
def test_inputs_that_cannot_be(path: str, only_videos: bool, told: str, tmp_path: Path):
    photo(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises((ValueError, FileNotFoundError), match=told):
        find_inputs([tmp_path / path], only_videos)


@pytest.mark.parametrize(
    ("height", "width"),
    [(3000, 2), (2, 3000), (1, 1), (96, 116), (640, 700), (5000, 3), (9000, 90)],
)
def test_pictures_are_of_a_size_to_look_at(height: int, width: int):
    factor, picture = resize_for_viewing(np.zeros((height, width, 3), dtype=np.uint8))
    assert max(picture.shape) <= LARGEST_SIDE
    assert min(picture.shape[:2]) >= 1
    assert picture.shape[0] == pytest.approx(factor * height, abs=1)
    assert factor <= 1 or factor == int(factor)


def test_images_are_turned_as_the_file_says(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.new("RGB", (6, 4)).save(tmp_path / "a.jpg", exif=exif)
    assert read_image(tmp_path / "a.jpg").shape == (6, 4, 3)


@pytest.mark.parametrize(("every", "expected"), [(1.0, [0, 1, 2]), (0.5, [0, 0.5, 1, 1.5, 2, 2.5])])
def test_frames_are_spaced_in_time(every: float, expected: list[float], tmp_path: Path):
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=24, rate=8)
    assert [at for at, _ in timed_frames(clip, every)] == expected


def test_gap_in_time_gives_no_frames_in_a_row(tmp_path: Path):
    """After ten seconds without a frame, the next ones are not all taken to make up for it."""
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height = 64, 48
        for at in (0, 1, 2, 90, 91, 92):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            frame.pts = at
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert [at for at, _ in timed_frames(tmp_path / "a.mkv", 1.0)] == pytest.approx(
        [0, 11.25], abs=0.01
    )
