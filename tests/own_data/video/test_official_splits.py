"""UCF-101 and HMDB-51 as data to fine-tune on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from iclip.datasets.readers.official_splits import read_official_splits
from iclip.own_data.video import folders, lists, official_splits
from iclip.tasks import VIDEO
from tests.support.official_lists import write_hmdb_lists, write_ucf_lists

UCF, HMDB = "ucfTrainTestlist", "testTrainMulti_7030_splits"


@pytest.fixture
def ucf(tmp_path: Path) -> Path:
    return unpacked(tmp_path, UCF, write_ucf_lists, "UCF-101")


def unpacked(root: Path, name: str, write: Callable[[Path], None], videos: str) -> Path:
    """Lists and all of their videos; return the folder that holds both."""
    (root / name).mkdir()
    write(root / name)
    for of_split in read_official_splits(root / name).videos.values():
        for video in of_split:
            (root / videos / video.name).parent.mkdir(parents=True, exist_ok=True)
            (root / videos / video.name).write_bytes(b"x")
    return root


def clips(root: Path, named: Path | None = None) -> dict[str, list[tuple[str, int]]]:
    found = official_splits.read(named or root, VIDEO)
    return {
        part: [(clip.file.removeprefix(f"{root}/"), clip.label) for clip in of_part]
        for part, of_part in found.parts.items()
    }


def test_first_split_of_ucf(ucf: Path):
    assert official_splits.signs(ucf) == "the official lists of ucfTrainTestlist/"
    assert lists.signs(ucf) is None and folders.signs(ucf) is None
    found = official_splits.read(ucf, VIDEO)
    assert found.classes == ("ApplyEyeMakeup", "HandstandPushups")
    assert found.notes[0].startswith("split 1 of the three of UCF-101; name one of another's lists")
    assert clips(ucf) == {
        "train": [
            ("UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi", 0),
            ("UCF-101/HandstandPushups/v_HandStandPushups_g01_c01.avi", 1),
        ],
        "test": [
            ("UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g02_c01.avi", 0),
            ("UCF-101/HandstandPushups/v_HandStandPushups_g02_c01.avi", 1),
        ],
    }


@pytest.mark.parametrize("videos", ["hmdb51_org", "videos", ".", HMDB])
def test_videos_of_hmdb_are_found_where_they_lie(videos: str, tmp_path: Path):
    root = unpacked(tmp_path, HMDB, write_hmdb_lists, videos)
    expected = Path(videos, "brush_hair/a b_#1.avi").as_posix()
    assert clips(root)["train"][0] == (expected, 0)
    assert clips(root, root / HMDB)["train"][0] == (expected, 0)


def test_named_list_chooses_the_split(ucf: Path):
    (ucf / UCF / "testlist02.txt").write_text("ApplyEyeMakeup/v_ApplyEyeMakeup_g02_c01.avi\n")
    named = ucf / UCF / "trainlist02.txt"
    assert official_splits.signs(named) is not None and lists.signs(named) is None
    assert len(clips(ucf, named)["test"]) == 1
    assert len(clips(ucf)["test"]) == 2


def test_other_lists_have_no_signs(tmp_path: Path):
    (tmp_path / "train.txt").write_text("a.avi 0\n")
    for place in (tmp_path, tmp_path / "train.txt", tmp_path / "absent"):
        assert official_splits.signs(place) is None


def test_missing_videos_are_an_error(ucf: Path):
    for video in (ucf / "UCF-101").rglob("*.avi"):
        video.unlink()
    with pytest.raises(
        ValueError, match=r"none of the 4 videos of split 1 is found, such as Apply"
    ):
        official_splits.read(ucf, VIDEO)
