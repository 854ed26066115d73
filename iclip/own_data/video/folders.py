"""Videos in a folder per class, with or without folders of the parts above."""

import os
from pathlib import Path

from iclip.files.videos import is_video_name
from iclip.own_data.class_folders import class_folder_signs, read_class_folders
from iclip.own_data.format import ReadParts
from iclip.own_data.remarks import Remarks
from iclip.own_data.video import lists as video_lists
from iclip.own_data.video import official_splits
from iclip.own_data.video.clips import usable_clips
from iclip.tasks import VIDEO

NAME = "class folders"
TASKS = (VIDEO,)
LOOKS_FOR = "a folder per class with videos in it, or train/ and val/ with such folders"


def signs(root: Path) -> str | None:
    """Return the folders of the classes or parts; None if a list says more than they do."""
    if video_lists.signs(root) is not None or official_splits.signs(root) is not None:
        return None
    return class_folder_signs(root, is_video_name)


def read(root: Path, task: str) -> ReadParts:
    """List the videos of all folders.

    Raises:
        ValueError: No class has a video, or too many cannot be used.
        OSError: A folder cannot be read.
    """
    found = read_class_folders(Path(os.path.abspath(root)), is_video_name, "videos")
    remarks = Remarks(os.fspath(root))
    parts = {part: usable_clips(videos, remarks) for part, videos in found.parts.items()}
    left_out = (*found.left_out, *remarks.omissions())
    return ReadParts(found.classes, parts, left_out, (*found.notes, *remarks.notes))
