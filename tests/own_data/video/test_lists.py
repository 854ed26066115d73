"""Lists of videos: which parts they are, and where their videos lie."""

from pathlib import Path

import pytest

from iclip.own_data.format import ReadParts
from iclip.own_data.video import lists as video_lists
from iclip.tasks import VIDEO


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def read(root: Path) -> tuple[ReadParts, dict[str, list[tuple[str, int]]]]:
    assert video_lists.signs(root) is not None
    found = video_lists.read(root, VIDEO)
    folder = root if root.is_dir() else root.parent
    clips = {
        part: [(clip.file.removeprefix(f"{folder}/"), clip.label) for clip in of_part]
        for part, of_part in found.parts.items()
    }
    return found, clips


@pytest.mark.parametrize("folder", [".", "videos", "clips", "train", "videos_train"])
def test_videos_are_found_where_they_lie(folder: str, tmp_path: Path):
    write(tmp_path, f"{folder}/a b.mp4", f"{folder}/c/d.mp4")
    (tmp_path / "train.txt").write_text("a b.mp4 run\nc/d.mp4 jump up\n")
    found, clips = read(tmp_path)
    assert found.classes == ("jump up", "run")
    names = [Path(folder, name).as_posix() for name in ("a b.mp4", "c/d.mp4")]
    assert clips == {"train": [(names[0], 1), (names[1], 0)]}


def test_lists_of_the_toy_world_s_form(tmp_path: Path):
    write(tmp_path, *(f"clips/{part}_{n}.mp4" for part in ("train", "val") for n in range(2)))
    for part in ("train", "val"):
        (tmp_path / f"{part}.txt").write_text(f"clips/{part}_0.mp4 0\nclips/{part}_1.mp4 1\n")
    (tmp_path / "labels.txt").write_text("moving left\nmoving right\n")
    assert video_lists.signs(tmp_path) == "train.txt, val.txt"
    found, clips = read(tmp_path)
    assert found.classes == ("moving left", "moving right")
    assert clips["val"] == [("clips/val_0.mp4", 0), ("clips/val_1.mp4", 1)]


def test_absolute_and_windows_paths(tmp_path: Path):
    write(tmp_path, "a/b.mp4", "c/d.mp4")
    (tmp_path / "l.txt").write_text(f"{tmp_path}/a/b.mp4 0\nc\\d.mp4 1\n")
    assert read(tmp_path / "l.txt")[1] == {"train": [("a/b.mp4", 0), ("c/d.mp4", 1)]}


def test_kinetics_with_missing_videos(tmp_path: Path):
    write(tmp_path, "train/run/abc_000001_000011.mp4", "x/def_000020_000030.mkv")
    (tmp_path / "train.csv").write_text(
        "label,youtube_id,time_start,time_end,split\n"
        "run,abc,1,11,train\njump up,def,20,30,train\nrun,gone,0,10,train\n"
    )
    found, clips = read(tmp_path)
    assert found.classes == ("jump up", "run")
    assert clips == {
        "train": [("train/run/abc_000001_000011.mp4", 1), ("x/def_000020_000030.mkv", 0)]
    }
    assert [str(omission) for omission in found.left_out] == [
        "1 listed video that are not there (gone_000000_000010)"
    ]


@pytest.mark.parametrize(
    ("lists", "told"),
    [
        (
            {"train.txt": "a.mp4 0", "train.csv": "a.mp4,0"},
            r"has 2 lists for train: train.csv, train.txt. Leave one, or name it: --data",
        ),
        ({"train.txt": "x.mp4 0\ny.mp4 1"}, r"none of its 2 videos is found, such as 'x.mp4'"),
        (
            {"train.txt": "a.mp4 0\na.mp4 1"},
            r"gives .*a.mp4 the labels '0' and '1': keep one of the lines",
        ),
    ],
)
def test_what_cannot_be_meant_is_an_error(lists: dict[str, str], told: str, tmp_path: Path):
    write(tmp_path, "a.mp4")
    for name, content in lists.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=told):
        video_lists.read(tmp_path, VIDEO)


def test_repeated_lines_and_lists_of_no_part_are_counted(tmp_path: Path):
    write(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / "train.txt").write_text("a.mp4 0\na.mp4 0\nb.mp4 1\n")
    (tmp_path / "all.txt").write_text("a.mp4 0\n")
    found, clips = read(tmp_path)
    assert clips == {"train": [("a.mp4", 0), ("b.mp4", 1)]}
    assert {omission.what for omission in found.left_out} == {
        "lines that repeat a video",
        "lists of no part",
    }


def test_folder_without_a_list_has_no_signs(tmp_path: Path):
    write(tmp_path, "run/a.mp4")
    (tmp_path / "README.txt").write_text("videos of runners")
    assert video_lists.signs(tmp_path) is None
    assert video_lists.signs(tmp_path / "absent") is None
