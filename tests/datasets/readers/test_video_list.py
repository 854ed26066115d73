"""Lists of videos: the label is what follows the last blank, whatever the file is called."""

import random
import string
from pathlib import Path

import pytest

from iclip.datasets.readers.video_list import read_video_list


def pairs(path: Path, content: str | bytes, **settings) -> list[tuple[str, tuple[int, ...]]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [(video.name, video.labels) for video in read_video_list(path, **settings).videos]


@pytest.mark.parametrize(
    ("line", "name", "label"),
    [
        ("a.mp4 3", "a.mp4", 3),
        ("playing guitar/drinking (0).mp4 12", "playing guitar/drinking (0).mp4", 12),
        ("a 7.mp4\t3", "a 7.mp4", 3),
        ("a.mp4    3  ", "a.mp4", 3),
        ("take 2 1", "take 2", 1),
        ("Bär.mp4 -1", "Bär.mp4", -1),
    ],
)
def test_label_follows_the_last_blank(line: str, name: str, label: int, tmp_path: Path):
    assert pairs(tmp_path / "l.txt", line) == [(name, (label,))]


def test_any_name_is_read_back(tmp_path: Path):
    draw = random.Random(0)
    letters = string.ascii_letters + string.digits + " ()[],;'\"#%&äß"
    names = ["".join(draw.choices(letters, k=20)).strip() for _ in range(200)]
    names = [name + ".mp4" for name in names]
    text = "".join(f"{name} {i}\n" for i, name in enumerate(names))
    assert pairs(tmp_path / "l.txt", text) == [(name, (i,)) for i, name in enumerate(names)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_line_ends_of_windows_are_read(encoding: str, end: str, tmp_path: Path):
    text = end.join(["über a.mp4 0", "", "b.mp4 1", ""])
    found = pairs(tmp_path / "l.txt", text.encode(encoding))
    assert found == [("über a.mp4", (0,)), ("b.mp4", (1,))]


def test_delimiter_separates_the_label(tmp_path: Path):
    found = pairs(tmp_path / "l.txt", "a, b.mp4 , 3\nc.mp4,4", delimiter=",")
    assert found == [("a, b.mp4", (3,)), ("c.mp4", (4,))]


def test_multi_class_lists_have_several_labels(tmp_path: Path):
    found = pairs(tmp_path / "l.txt", "a b.mp4 1 2 30\nc.mp4 4", multi_class=True)
    assert found == [("a b.mp4", (1, 2, 30)), ("c.mp4", (4,))]


def test_lines_without_a_label_are_kept_apart(tmp_path: Path):
    (tmp_path / "l.txt").write_text("a.mp4 0\n\nb.mp4\n12\nc.mp4 x\n")
    listed = read_video_list(tmp_path / "l.txt")
    assert [video.line for video in listed.videos] == [1]
    assert listed.malformed == ((3, "b.mp4"), (4, "12"), (5, "c.mp4 x"))
    assert not listed.kinetics_csv


def test_kinetics_own_table_is_recognized(tmp_path: Path):
    table = "label,youtube_id,time_start,time_end,split\nabseiling,-3B32lodo2M,59,69,train\n"
    (tmp_path / "l.csv").write_text(table)
    assert read_video_list(tmp_path / "l.csv").kinetics_csv
