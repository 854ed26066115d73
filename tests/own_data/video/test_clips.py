"""Clips, and the lists that mmaction reads."""

from pathlib import Path

import pytest

from iclip.datasets.readers.video_list import read_video_list
from iclip.own_data.data_set import OwnData
from iclip.own_data.remarks import Remarks
from iclip.own_data.video.clips import Clip, usable_clips, write_videos
from iclip.tasks import VIDEO


def data_of(root: Path, names: list[str], classes: tuple[str, ...] = ("a b", "c")) -> OwnData:
    clips = [Clip(f"{root}/{name}", number % 2) for number, name in enumerate(names)]
    return OwnData(VIDEO, "folders", root, classes, {"train": clips, "val": clips[:1]})


def test_lists_are_read_back(tmp_path: Path):
    names = ["playing guitar/drinking (0).mp4", "b.avi", "Straße 3.mp4"]
    data = data_of(tmp_path, names)
    lists = write_videos(data, tmp_path / "w")
    assert lists == {part: tmp_path / f"w/{part}.txt" for part in ("train", "val")}
    for part, clips in data.parts.items():
        videos = read_video_list(lists[part]).videos
        read = [(video.name, video.labels) for video in videos]
        assert read == [(clip.file, clip.class_labels) for clip in clips]
    assert (tmp_path / "w/labels.txt").read_text() == "a b\nc\n"


def test_class_with_a_line_end_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match=r"the class 'a\\nb' has no name of one line"):
        write_videos(data_of(tmp_path, ["a.mp4"], ("a\nb", "c")), tmp_path / "w")
    assert not (tmp_path / "w").exists()


def test_empty_files_and_names_that_no_list_holds_are_left_out(tmp_path: Path):
    names = [f"{number}.mp4" for number in range(20)]
    files = [str(tmp_path / name) for name in [*names, "line\nend.mp4", "empty.mp4"]]
    for file in files:
        Path(file).write_bytes(b"" if file.endswith("/empty.mp4") else b"x")
    remarks = Remarks("data")
    clips = usable_clips([(file, 0) for file in files], remarks)
    assert [clip.file for clip in clips] == files[:20]
    assert {omission.what: omission.count for omission in remarks.omissions()} == {
        "empty files": 1,
        "videos with a line end or a blank at the end of their names": 1,
    }
