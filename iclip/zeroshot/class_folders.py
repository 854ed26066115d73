"""A folder per class: the same rule as training's (:mod:`iclip.datasets.readers.class_folders`)."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from iclip.files.images import LeftOut, class_folder_names, images_below
from iclip.messages import counted, listing
from iclip.text.class_texts import ClassTexts
from iclip.zeroshot.pictures import PictureFiles, Pictures

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures, and beside them their labels.

    Attributes:
        pictures: The pictures.
        labels: Class indices (N,), or (N, C) of 1 (present), 0 and -1 (does not count).
        left_out: Files that are no images, in words.
    """

    pictures: Pictures
    labels: Labels
    left_out: str = ""

    def __len__(self) -> int:
        return len(self.pictures)


def labelled_files(
    files: Sequence[tuple[str | os.PathLike[str], int]], root: Path, left_out: str = ""
) -> LabelledPictures:
    """Make labelled pictures of paths with class indices."""
    labels = np.asarray([label for _, label in files], dtype=np.int64)
    return LabelledPictures(PictureFiles([file for file, _ in files], root), labels, left_out)


def class_folders(root: Path, class_texts: ClassTexts) -> LabelledPictures:
    """A folder per class, named by the ids of a table.

    Raises:
        ValueError: There are no folders, or one that is not in the table.
    """
    names = folders_of(root)
    known = set(class_texts.ids)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"{root} has {counted(len(unknown), 'folder')} that the class-text table does not know:"
            f" {listing(unknown, 5)}; the table has {len(class_texts)} ids, such as "
            f"{listing(class_texts.ids, 5)}"
        )
    return pictures_of_folders(root, names, class_texts.index)


def pictures_of_folders(
    root: Path, names: Sequence[str], label_of: Callable[[str], int]
) -> LabelledPictures:
    """List the images of some folders, at any depth.

    Args:
        root: Holds the folders.
        names: Of the folders.
        label_of: From a folder's name to its class index.
    """
    left_out = LeftOut()
    files = [
        (file, label_of(name)) for name in names for file in images_below(root / name, left_out)
    ]
    return labelled_files(files, root, str(left_out))


def folders_of(root: Path) -> list[str]:
    """Sorted names of the folders of classes.

    Raises:
        ValueError: There are none; says what is there instead.
    """
    names = class_folder_names(root) if root.is_dir() else []
    if names:
        return names
    if not root.is_dir():
        raise ValueError(f"{root} is no folder; it should hold a folder per class")
    entries = os.listdir(root)
    tars = [name for name in entries if name.endswith(".tar")]
    what = f"{counted(len(tars), 'tar')}, to be unpacked into" if tars else "no"
    raise ValueError(
        f"{root} holds {what} folders of classes ({counted(len(entries), 'entry', 'entries')}"
        + (f": {listing(sorted(entries), 3)})" if entries else ")")
    )
