"""UCF-101 and HMDB-51 with their official lists, as they are handed out."""

import os
from pathlib import Path

from iclip.datasets.readers.official_splits import (
    OfficialSplits,
    Role,
    holds_official_splits,
    read_official_splits,
    split_of_list,
)
from iclip.messages import counted
from iclip.own_data.data_set import TEST, TRAIN
from iclip.own_data.format import ReadParts
from iclip.own_data.remarks import Remarks
from iclip.own_data.video.clips import Clip, usable_clips
from iclip.own_data.video.places import VIDEO_FOLDERS, existing_video, folder_of_videos
from iclip.tasks import VIDEO

NAME = "official splits"
TASKS = (VIDEO,)
LOOKS_FOR = (
    "UCF-101's ucfTrainTestlist/ (classInd.txt, trainlist01.txt, ...) or HMDB-51's "
    "testTrainMulti_7030_splits/ beside the videos"
)
# As the data sets' archives unpack.
_OWN_FOLDERS = ("UCF-101", "UCF101", "hmdb51_org", "hmdb51")
_FIRST_SPLIT = 1
_PARTS = {Role.TRAIN: TRAIN, Role.TEST: TEST}


def signs(root: Path) -> str | None:
    """Return the folder with the lists; None if there is none."""
    found = _lists(root)
    return None if found is None else f"the official lists of {found[0].name}/"


def read(root: Path, task: str) -> ReadParts:
    """Read a split: the one that a named list is of, or else the first.

    Raises:
        ValueError: A line is not of the form, or no video is found.
        OSError: A list is not there or cannot be read.
    """
    root = Path(os.path.abspath(root))
    found = _lists(root)
    assert found is not None, "its signs are there"
    folder, split = found
    splits = read_official_splits(folder)
    remarks = Remarks(os.fspath(root))
    remarks.note(
        f"split {split} of the three of {splits.data_set}; name one of another's lists as the data "
        f"(trainlist02.txt, NAME_test_split2.txt) to take that. Clips of one recording resemble "
        "each other: scores on a validation part that is drawn from training are too high, those "
        "of test are not"
    )
    return ReadParts(
        splits.classes, _parts(splits, split, folder, remarks), remarks.omissions(),
        tuple(remarks.notes),
    )  # fmt: skip


def _lists(root: Path) -> tuple[Path, int] | None:
    """Find the folder of the lists, and the split that the user names."""
    if root.is_file():
        split = split_of_list(root.name)
        is_one = split is not None and holds_official_splits(root.parent)
        return (root.parent, split) if is_one and split is not None else None
    if not root.is_dir():
        return None
    places = [root, *sorted(entry for entry in root.iterdir() if entry.is_dir())]
    folder = next((place for place in places if holds_official_splits(place)), None)
    return None if folder is None else (folder, _FIRST_SPLIT)


def _parts(
    splits: OfficialSplits, split: int, folder: Path, remarks: Remarks
) -> dict[str, list[Clip]]:
    """Find the videos of a split.

    Raises:
        ValueError: None is found, or more are missing than `Remarks` allows.
    """
    videos = splits.videos[split]
    names = [video.name for video in videos]
    bases = [folder, folder.parent]
    below = [base / name for base in bases for name in (*_OWN_FOLDERS, *VIDEO_FOLDERS)]
    place = folder_of_videos(names, [*bases, *below])
    found = [existing_video(os.path.join(place, name)) for name in names]
    missing = [name for name, path in zip(names, found, strict=True) if path is None]
    if len(missing) == len(names):
        raise ValueError(
            f"{folder}: none of the {counted(len(names), 'video')} of split {split} is found, such "
            f"as {names[0]}. Put the folder of the videos, with a folder per class, beside it: "
            f"{folder.parent / _OWN_FOLDERS[0]}, or {folder.parent / VIDEO_FOLDERS[0]}"
        )
    remarks.leave_out("listed videos that are not there", missing, len(names), "fetch them")
    parts: dict[str, list[Clip]] = {}
    for role, part in _PARTS.items():
        pairs = zip(videos, found, strict=True)
        own = [(path, v.label) for v, path in pairs if path is not None and v.role is role]
        parts[part] = usable_clips(own, remarks)
    return parts
