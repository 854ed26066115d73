"""The official lists of UCF-101 and HMDB-51."""

from pathlib import Path

import pytest

from iclip.datasets.readers.official_splits import (
    Role,
    SplitVideo,
    holds_official_splits,
    read_official_splits,
    split_of_list,
)
from tests.support.official_lists import write_hmdb_lists, write_ucf_lists


def test_ucf_lists_as_they_are_handed_out(tmp_path: Path):
    write_ucf_lists(tmp_path)
    splits = read_official_splits(tmp_path)
    assert (splits.data_set, splits.classes) == ("UCF-101", ("ApplyEyeMakeup", "HandstandPushups"))
    assert splits.videos[2] == (
        SplitVideo("ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi", 0, Role.TRAIN),
        SplitVideo("HandstandPushups/v_HandStandPushups_g01_c01.avi", 1, Role.TRAIN),
        SplitVideo("ApplyEyeMakeup/v_ApplyEyeMakeup_g02_c01.avi", 0, Role.TEST),
        SplitVideo("HandstandPushups/v_HandStandPushups_g02_c01.avi", 1, Role.TEST),
    )


def test_hmdb_lists_as_they_are_handed_out(tmp_path: Path):
    write_hmdb_lists(tmp_path)
    splits = read_official_splits(tmp_path)
    assert (splits.data_set, splits.classes) == ("HMDB-51", ("brush_hair", "cartwheel"))
    assert splits.videos[1] == (
        SplitVideo("brush_hair/a b_#1.avi", 0, Role.TRAIN),
        SplitVideo("brush_hair/(x)&y!.avi", 0, Role.TEST),
        SplitVideo("cartwheel/a.avi", 1, Role.TRAIN),
        SplitVideo("cartwheel/b.avi", 1, Role.TEST),
    )


def test_each_tested_video_comes_once_with_its_splits(tmp_path: Path):
    write_hmdb_lists(tmp_path)
    (tmp_path / "cartwheel_test_split3.txt").write_text("b.avi 1\nc.avi 2\n")
    tested = read_official_splits(tmp_path).test_videos()
    assert tested == {
        ("brush_hair/(x)&y!.avi", 0): (1, 2, 3),
        ("cartwheel/b.avi", 1): (1, 2),
        ("cartwheel/c.avi", 1): (3,),
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_windows_lines_and_encodings_change_nothing(encoding: str, tmp_path: Path):
    for name, write in (("ucf", write_ucf_lists), ("hmdb", write_hmdb_lists)):
        for folder in (tmp_path / name, tmp_path / f"{name}_windows"):
            folder.mkdir()
            write(folder)
        for file in (tmp_path / f"{name}_windows").iterdir():
            text = file.read_text().replace("/", "\\").replace("\n", "\r\n") + "\r\n"
            file.write_bytes(text.encode(encoding))
        plain = read_official_splits(tmp_path / name)
        assert read_official_splits(tmp_path / f"{name}_windows") == plain


def test_names_of_the_lists_in_capitals(tmp_path: Path):
    write_ucf_lists(tmp_path)
    (tmp_path / "testlist03.txt").rename(tmp_path / "TestList03.TXT")
    assert len(read_official_splits(tmp_path).videos[3]) == 4


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("trainlist02.txt", 2),
        ("testlist03.txt", 3),
        ("brush_hair_test_split1.txt", 1),
        ("testlist04.txt", None),
        ("train.txt", None),
        ("_test_split1.txt", None),
    ],
)
def test_split_of_a_list_is_told_from_its_name(name: str, split: int | None):
    assert split_of_list(name) == split


def test_other_folders_hold_no_splits(tmp_path: Path):
    (tmp_path / "train.txt").write_text("a.avi 0\n")
    assert not holds_official_splits(tmp_path)
    assert not holds_official_splits(tmp_path / "train.txt")
    with pytest.raises(ValueError, match=r"holds neither UCF-101's lists .* nor HMDB-51's"):
        read_official_splits(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*gone"):
        read_official_splits(tmp_path / "gone")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("classInd.txt", "1 A\n3 B\n", r"classInd.txt:2 is '3 B': write `2 Name`"),
        ("classInd.txt", "1 A\n2 A\n", "each number and name once"),
        ("classInd.txt", "\n", "classInd.txt names no class"),
        ("trainlist01.txt", "Jump/a.avi 1\n", "its folder is not a class of classInd.txt"),
        ("trainlist01.txt", "a.avi 1\n", "its folder is not a class of classInd.txt"),
        (
            "trainlist01.txt",
            "ApplyEyeMakeup/a.avi 2\n",
            "trainlist01.txt:1 .*: classInd.txt has the number 1 for its class",
        ),
        ("testlist02.txt", "\n", "split 2 has no video to test on"),
        (
            "testlist02.txt",
            "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi\n",
            "split 2: 1 video on several lines, such as ApplyEyeMakeup/v_ApplyEyeMakeup_g01",
        ),
    ],
)
def test_faults_of_ucf_lists_are_named(name: str, text: str, told: str, tmp_path: Path):
    write_ucf_lists(tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=told):
        read_official_splits(tmp_path)


@pytest.mark.parametrize("line", ["a.avi", "a.avi 3", "1"])
def test_faults_of_hmdb_lists_are_named(line: str, tmp_path: Path):
    write_hmdb_lists(tmp_path)
    (tmp_path / "cartwheel_test_split2.txt").write_text(f"b.avi 1\n\n{line}\n")
    with pytest.raises(ValueError, match=r"cartwheel_test_split2\.txt:3 .*write `file.avi` and 0"):
        read_official_splits(tmp_path)


def test_split_that_is_not_there_is_named(tmp_path: Path):
    write_hmdb_lists(tmp_path)
    (tmp_path / "cartwheel_test_split2.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"lacks cartwheel_test_split2\.txt: fetch the"):
        read_official_splits(tmp_path)
