"""Rows of lists of videos in each of their kinds."""

from pathlib import Path

import pytest

from iclip.own_data.remarks import Remarks
from iclip.own_data.video.table import ListKind, kind_of_list, read_rows


def rows(file: Path, content: str | bytes) -> list[tuple[str, str, str | None]]:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    kind = kind_of_list(file)
    assert kind is not None
    return [(row.name, row.label, row.part) for row in read_rows(file, kind, Remarks("data"))]


@pytest.mark.parametrize(
    ("line", "name", "label"),
    [
        ("a.mp4 3", "a.mp4", "3"),
        ("a.mp4,3", "a.mp4", "3"),
        ("a.mp4\tmoving left", "a.mp4", "moving left"),
        ("my clips/a b (0).MP4 moving left", "my clips/a b (0).MP4", "moving left"),
        ('"a, b.avi","run, fast"', "a, b.avi", "run, fast"),
        ("a.mp4.avi;7", "a.mp4.avi", "7"),
        ("ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1", None, "1"),
    ],
)
def test_name_ends_in_its_extension(line: str, name: str | None, label: str, tmp_path: Path):
    name = name or line.split()[0]
    assert rows(tmp_path / "train.txt", f"{line}\r\n\r\n") == [(name, label, None)]


def test_windows_file_is_read(tmp_path: Path):
    text = "Straße.mp4 0\r\nb.mp4 1\r\n".encode("utf-16")
    assert [name for name, *_ in rows(tmp_path / "l.txt", text)] == ["Straße.mp4", "b.mp4"]


def test_table_with_other_columns(tmp_path: Path):
    content = "id,Label,video_path,split\n1,run,a.mp4,train\n2,jump,b.mp4,validation\n"
    assert rows(tmp_path / "all.csv", content) == [
        ("a.mp4", "run", "train"),
        ("b.mp4", "jump", "val"),
    ]


def test_table_of_kinetics(tmp_path: Path):
    content = (
        "label,youtube_id,time_start,time_end,split,is_cc\n"
        'testifying,---QUuC4vJs,84,94,validate,0\n"air drumming",_dbcJuKJQNs,40.0,50,train,0\n'
    )
    assert rows(tmp_path / "k.csv", content) == [
        ("---QUuC4vJs_000084_000094", "testifying", "val"),
        ("_dbcJuKJQNs_000040_000050", "air drumming", "train"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "moving left\nmoving right\n",
        "a.jpg 3\n",
        "a.mp4\n",
        "read me: a.mp4 is\nfine\n",
        b"\xff",
    ],
)
def test_other_texts_are_not_lists(content: str | bytes, tmp_path: Path):
    file = tmp_path / "a.txt"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    assert kind_of_list(file) is None


def test_lines_without_a_label_are_counted(tmp_path: Path):
    file = tmp_path / "train.txt"
    file.write_text("".join(f"{number}.mp4 0\n" for number in range(30)) + "lonely.mp4\n")
    remarks = Remarks("data")
    assert len(read_rows(file, ListKind.LINES, remarks)) == 30
    assert [str(omission) for omission in remarks.omissions()] == [
        "1 line without a label (line 31 of train.txt)"
    ]


def test_time_that_is_not_a_number_is_named(tmp_path: Path):
    content = "label,youtube_id,time_start,time_end\nrun,abc,now,9\n"
    with pytest.raises(ValueError, match=r"k\.csv: a time of abc is not a number"):
        rows(tmp_path / "k.csv", content)
