"""Labelled images of an evaluation: sorted by class as in training, or listed with their labels."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from iclip.data_summary import merged, omissions
from iclip.datasets.readers.class_images import list_classes, open_class_images
from iclip.files.images import ClassEntries, LeftOut
from iclip.messages import counted, listing
from iclip.text.class_texts import ClassTexts
from iclip.zeroshot.image_readers import ImageFiles, ImageReader, ImagesByClass

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LabelledSet:
    """Images and their labels.

    Attributes:
        reader: Reads the images.
        labels: Class indices (N,). Where an image may have several of the C classes, (N, C): 1 for
            a class that is present, 0 for an absent one, -1 where the class does not count.
        left_out: What else lies there and is not an image, in words.
    """

    reader: ImageReader
    labels: Labels
    left_out: str = ""

    def __len__(self) -> int:
        return len(self.reader)


def labelled_files(
    files: Sequence[tuple[str | os.PathLike[str], int]], root: Path, left_out: str = ""
) -> LabelledSet:
    """Make a set of image files, each given with its class index.

    Args:
        files: Paths and class indices.
        root: Folder below which names in messages start.
        left_out: What else lies there and is not an image, in words.
    """
    labels = np.asarray([label for _, label in files], dtype=np.int64)
    return LabelledSet(ImageFiles([file for file, _ in files], root), labels, left_out)


@dataclass(frozen=True)
class ListedClasses:
    """The classes of a root, each a folder or each a tar.

    Attributes:
        root: Holds the folders or the tars.
        entries: Their names.
        left_out: What else lies there.
    """

    root: Path
    entries: ClassEntries
    left_out: LeftOut

    @property
    def names(self) -> list[str]:
        """Names of the classes."""
        return self.entries.classes

    def labelled(self, label_of: Callable[[str], int]) -> LabelledSet:
        """List the images of all classes, those of a folder at any depth.

        Args:
            label_of: From a class's name to its index.
        """
        images = open_class_images(self.root, self.entries)
        # One label per class -> one per image.
        labels = np.repeat([label_of(name) for name in self.names], images.counts)
        left_out = merged([*images.left_out, *omissions(self.left_out)])
        return LabelledSet(
            ImagesByClass(images, len(labels), self.root),
            labels.astype(np.int64),
            ", ".join(map(str, left_out)),
        )


def classes_of(root: Path) -> ListedClasses:
    """List the classes of a root.

    Raises:
        ValueError: There are none, or both folders and tars; the message says what is there.
    """
    if not root.is_dir():
        raise ValueError(f"{root} is not a folder; it should hold a folder or a tar per class")
    entries, left_out = list_classes(root, str(root))
    if entries.classes:
        return ListedClasses(root, entries, left_out)
    there = sorted(os.listdir(root))
    entry = counted(len(there), "entry", "entries")
    named = f"{entry}: {listing(there, 3)}" if there else entry
    raise ValueError(f"{root} holds no folders of classes ({named}), and no tars of classes")


def class_folders(root: Path, class_texts: ClassTexts) -> LabelledSet:
    """Open images sorted by class, named by the ids of a table.

    Raises:
        ValueError: There are no classes, or one that is not in the table.
    """
    classes = classes_of(root)
    known = set(class_texts.ids)
    unknown = [name for name in classes.names if name not in known]
    if unknown:
        kind = "folder" if classes.entries.folders else "tar"
        raise ValueError(
            f"{root} has {counted(len(unknown), kind)} that the class-text table does not know:"
            f" {listing(unknown, 5)}; the table has {len(class_texts)} ids, such as "
            f"{listing(class_texts.ids, 5)}"
        )
    return classes.labelled(class_texts.index)
