"""The official splits of UCF-101 and HMDB-51, from their lists as they are handed out.

UCF-101 (``ucfTrainTestlist``): ``classInd.txt`` numbers the classes, ``trainlist01.txt`` has lines
``Class/v_Class_g08_c01.avi 1``, ``testlist01.txt`` the same without the number. HMDB-51
(``testTrainMulti_7030_splits``): ``brush_hair_test_split1.txt`` has lines ``name.avi 1``, where 1
is a video for training, 2 one for testing and 0 neither; it lies in the class's folder.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from iclip.files.text import read_text
from iclip.messages import counted

SPLITS = (1, 2, 3)
_UCF_CLASSES = "classInd.txt"
_UCF_LIST = re.compile(r"(train|test)list0([123])\.txt", re.IGNORECASE)
# What begins with a dot is not a list: an unpacked archive of a Mac has ._brush_hair_....
_HMDB_LIST = re.compile(r"([^.].*)_test_split([123])\.txt", re.IGNORECASE)
_HMDB_LINE = re.compile(r"(\S.*?)\s+([012])")
_NUMBERED = re.compile(r"(\S.*?)\s+(\d+)")


class Role(Enum):
    """What a split does with a video."""

    TRAIN = "1"
    TEST = "2"


@dataclass(frozen=True)
class SplitVideo:
    """A video of a split.

    Attributes:
        name: ``<class>/<file>``, below the folder of the videos.
        label: Index of its class.
        role: Whether the split trains on it or tests on it.
    """

    name: str
    label: int
    role: Role


@dataclass(frozen=True)
class OfficialSplits:
    """The splits of a data set.

    Attributes:
        data_set: Its name.
        classes: Names of the classes as it spells them; a label is an index into them.
        videos: The videos by number of the split.
    """

    data_set: str
    classes: tuple[str, ...]
    videos: Mapping[int, tuple[SplitVideo, ...]]

    def test_videos(self) -> dict[tuple[str, int], tuple[int, ...]]:
        """Return name and label of each video that is tested, with the splits that test it."""
        tested: dict[tuple[str, int], tuple[int, ...]] = {}
        for split, videos in self.videos.items():
            for video in videos:
                if video.role is Role.TEST:
                    place = (video.name, video.label)
                    tested[place] = (*tested.get(place, ()), split)
        return tested


def split_of_list(name: str) -> int | None:
    """Tell from its name of which split a file is a list; None if it is of none."""
    found = _UCF_LIST.fullmatch(name) or _HMDB_LIST.fullmatch(name)
    return int(found[2]) if found else None


def holds_official_splits(folder: Path) -> bool:
    """Whether a folder holds the lists of one of the two data sets, by their names."""
    if not folder.is_dir():
        return False
    names = [entry.name for entry in folder.iterdir()]
    ucf = any(_UCF_LIST.fullmatch(name) for name in names)
    return (ucf and _UCF_CLASSES in names) or any(_HMDB_LIST.fullmatch(name) for name in names)


def read_official_splits(folder: Path) -> OfficialSplits:
    """Read the lists of all three splits.

    Args:
        folder: ``ucfTrainTestlist`` or ``testTrainMulti_7030_splits``.

    Raises:
        FileNotFoundError: A list is not there.
        OSError: A file cannot be read.
        ValueError: The folder holds other files, or a line is not of the form.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder} with the lists of the splits")
    if not holds_official_splits(folder):
        raise ValueError(
            f"{folder} holds neither UCF-101's lists ({_UCF_CLASSES}, trainlist01.txt, ...) nor "
            "HMDB-51's (brush_hair_test_split1.txt, ...)"
        )
    read = _read_ucf if (folder / _UCF_CLASSES).is_file() else _read_hmdb
    splits = read(folder)
    for split, videos in splits.videos.items():
        _check_once(videos, f"{folder}, split {split}")
    return splits


def _read_ucf(folder: Path) -> OfficialSplits:
    classes = _ucf_classes(folder / _UCF_CLASSES)
    labels = {name: label for label, name in enumerate(classes)}
    videos = {}
    for split in SPLITS:
        lists = {role: f"{role.name.lower()}list0{split}.txt" for role in Role}
        videos[split] = tuple(
            video
            for role, name in lists.items()
            for video in _ucf_videos(_list(folder, name), labels, role)
        )
    return OfficialSplits("UCF-101", classes, videos)


def _ucf_classes(file: Path) -> tuple[str, ...]:
    """Read ``1 ApplyEyeMakeup``, numbers from 1 in order."""
    names: list[str] = []
    for place, line in _lines(file):
        found = re.fullmatch(r"(\d+)\s+(\S+)", line)
        if found is None or int(found[1]) != len(names) + 1 or found[2] in names:
            raise ValueError(
                f"{place} is {line!r}: write `{len(names) + 1} Name`, each number and name once"
            )
        names.append(found[2])
    if not names:
        raise ValueError(f"{file} names no class")
    return tuple(names)


def _ucf_videos(file: Path, labels: Mapping[str, int], role: Role) -> Iterator[SplitVideo]:
    for place, line in _lines(file):
        numbered = _NUMBERED.fullmatch(line)
        name = (numbered[1] if numbered else line).replace("\\", "/")
        label = labels.get(name.partition("/")[0])
        if label is None or "/" not in name:
            raise ValueError(f"{place} is {line!r}: its folder is not a class of {_UCF_CLASSES}")
        if numbered and int(numbered[2]) != label + 1:
            raise ValueError(
                f"{place} is {line!r}: {_UCF_CLASSES} has the number {label + 1} for its class"
            )
        yield SplitVideo(name, label, role)


def _read_hmdb(folder: Path) -> OfficialSplits:
    found = (_HMDB_LIST.fullmatch(entry.name) for entry in folder.iterdir())
    classes = tuple(sorted({match[1] for match in found if match}))
    videos = {
        split: tuple(
            video
            for label, name in enumerate(classes)
            for video in _hmdb_videos(_list(folder, f"{name}_test_split{split}.txt"), name, label)
        )
        for split in SPLITS
    }
    return OfficialSplits("HMDB-51", classes, videos)


def _hmdb_videos(file: Path, name: str, label: int) -> Iterator[SplitVideo]:
    for place, line in _lines(file):
        found = _HMDB_LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"{place} is {line!r}: write `file.avi` and 0, 1 or 2 behind it")
        if found[2] != "0":
            yield SplitVideo(f"{name}/{found[1]}", label, Role(found[2]))


def _list(folder: Path, name: str) -> Path:
    """Find a list, whatever the case of its name."""
    for entry in folder.iterdir():
        if entry.name.lower() == name.lower():
            return entry
    raise FileNotFoundError(f"{folder} lacks {name}: fetch the lists of all three splits")


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines that are not blank, each with its place."""
    for number, line in enumerate(read_text(file).split("\n"), 1):
        if line.strip():
            yield f"{file}:{number}", line.strip()


def _check_once(videos: tuple[SplitVideo, ...], place: str) -> None:
    """Check that a split has a video once, and that it trains and tests on some."""
    counts = Counter(video.name for video in videos)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise ValueError(
            f"{place}: {counted(len(repeated), 'video')} on several lines, such as {repeated[0]}: "
            "keep one of each"
        )
    for role in Role:
        if all(video.role is not role for video in videos):
            raise ValueError(f"{place} has no video to {role.name.lower()} on")
