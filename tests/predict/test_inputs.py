"""Which files are predicted on, and what their pictures are called."""

import os
from pathlib import Path

import pytest

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.predict.inputs import InputFile, find_inputs
from tests.support.stub_predictor import predict_on, write_blank_image
from tests.support.video_files import write_lighter_and_lighter


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
        write_blank_image(tmp_path / "in" / name, width=6 + number)
    outcome = predict_on([tmp_path / "in"], tmp_path / "out")
    found = {name: record["size"][0] - 6 for name, record in outcome.records.items()}
    assert found == {f"{picture}.jpg": number for number, picture in enumerate(pictures)}
    assert {file.name for file in (tmp_path / "out").glob("*.jpg")} == found.keys()


def test_file_that_is_named_twice_is_done_once(tmp_path: Path):
    file = write_blank_image(tmp_path / "in/a.png")
    (tmp_path / "link.png").symlink_to(file)
    outcome = predict_on([file, tmp_path / "in", tmp_path / "link.png"], tmp_path / "out")
    assert list(outcome.records) == ["a.jpg"]


def test_folders_are_read_at_any_depth_and_mixed(tmp_path: Path):
    for name in ("b/c/one.PNG", "two.jpeg", "three.ppm", "._two.jpeg"):
        write_blank_image(tmp_path / "a.png").rename(tmp_path / "a.tmp")
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
    write_blank_image(tmp_path / "in/a.png")
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
def test_input_that_the_model_does_not_take_is_refused(
    path: str, only_videos: bool, told: str, tmp_path: Path
):
    write_blank_image(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises((ValueError, FileNotFoundError), match=told):
        find_inputs([tmp_path / path], only_videos)
