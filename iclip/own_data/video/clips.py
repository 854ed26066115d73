"""The sample of video classification, and the lists that mmaction reads."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from iclip.files.atomic import write_atomically
from iclip.files.text import is_unicode
from iclip.own_data.data_set import OwnData
from iclip.own_data.remarks import Remarks


@dataclass(frozen=True)
class Clip:
    """A video and its class.

    Attributes:
        file: The video, an absolute path.
        label: Its label.
    """

    SAMPLES: ClassVar[str] = "clips"
    LABELLED: ClassVar[str] = "clips"

    file: str
    label: int

    @property
    def class_labels(self) -> tuple[int, ...]:
        """The label."""
        return (self.label,)

    def relabelled(self, labels: Sequence[int]) -> "Clip":
        """Return the clip with ``labels[label]`` in place of its label."""
        return Clip(self.file, labels[self.label])


def usable_clips(videos: Sequence[tuple[str, int]], remarks: Remarks) -> list[Clip]:
    """Return the clips of files that are there.

    Args:
        videos: File and label of each.
        remarks: Receives the files that are empty, and those whose names a list cannot hold.

    Raises:
        ValueError: They are more than `Remarks` allows.
        OSError: A file cannot be looked at.
    """
    empty = {file for file, _ in videos if os.stat(file).st_size == 0}
    odd = {file for file, _ in videos if not _fits_a_line(file)}
    total = len(videos)
    remarks.leave_out("empty files", sorted(empty), total, "fetch them anew")
    remarks.leave_out(
        "videos with a line end or a blank at the end of their names", sorted(odd), total,
        "rename them",
    )  # fmt: skip
    return [Clip(file, label) for file, label in videos if file not in empty | odd]


def _fits_a_line(name: str) -> bool:
    """Whether a name can stand in a list: one line of text, without blanks around it."""
    return is_unicode(name) and name == name.strip() and len(name.splitlines()) == 1


def write_videos(data: OwnData, folder: Path) -> Mapping[str, Path]:
    """Write ``train.txt``, ``val.txt`` and so on, and ``labels.txt`` with the classes' names.

    Args:
        data: Its samples are `Clip`.
        folder: Where the lists go.

    Returns:
        The list of each part.

    Raises:
        OSError: A file cannot be written.
        ValueError: The name of a class has a line end.
    """
    # Importing a module of datasets imports torch, which recognizing data does without.
    from iclip.datasets.readers.video_list import LABEL_FILE, format_video_list

    odd = [name for name in data.classes if len(name.splitlines()) != 1]
    if odd:
        raise ValueError(f"the class {odd[0]!r} has no name of one line: rename it")
    write_atomically(folder / LABEL_FILE, "".join(f"{name}\n" for name in data.classes))
    lists = {}
    for part, clips in data.parts.items():
        lists[part] = folder / f"{part}.txt"
        videos = [(clip.file, clip.label) for clip in clips]
        write_atomically(lists[part], format_video_list(videos))
    return lists
