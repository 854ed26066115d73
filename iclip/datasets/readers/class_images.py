"""Images sorted by class: one folder per class, or one tar per class as ImageNet-21K comes.

Training, zero-shot evaluation and probes read both layouts through this module, so that they see
the same images.
"""

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Protocol

from iclip.data_summary import Omission
from iclip.datasets.readers.class_folders import ClassFolders
from iclip.datasets.readers.joint_index import joint_index
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_index import ShardIndex
from iclip.datasets.readers.shard_table import ShardTable
from iclip.files.images import ClassEntries, LeftOut, class_entries
from iclip.files.shard_cache import ShardCache
from iclip.files.storage import join
from iclip.messages import counted, listing

# In the tar of a class, every image is a sample.
_NAMES = SampleNames(text=None)


class ClassImages(Protocol):
    """Images sorted by class and numbered from 0."""

    @property
    def counts(self) -> Sequence[int]:
        """Number of images per class."""

    @property
    def left_out(self) -> tuple[Omission, ...]:
        """What lies there besides images, by kind."""

    def read_image(self, number: int) -> bytes:
        """Read one encoded image."""

    def sample_name(self, number: int) -> str:
        """Name one image's file, or its tar and its name in the tar."""

    def file_name(self, number: int) -> str:
        """Name one image's file or tar."""

    def keep_open(self) -> None:
        """Open what stays open, before processes are forked that read images in any order."""


def list_classes(root: str | Path, title: str) -> tuple[ClassEntries, LeftOut]:
    """List the classes of a root: its folders, or its tars.

    Args:
        root: An existing folder.
        title: Names the root at the start of an error message.

    Returns:
        The classes, perhaps none, and what else lies there.

    Raises:
        ValueError: The root holds both folders and tars.
    """
    left_out = LeftOut()
    entries = class_entries(root, left_out)
    if entries.folders and entries.tars:
        raise ValueError(
            f"{title} holds {counted(len(entries.folders), 'folder')} "
            f"({listing(entries.folders, 3)}) and {counted(len(entries.tars), 'tar')} "
            f"({listing(entries.tars, 3)}): one or the other for each class"
        )
    return entries, left_out


def open_class_images(
    root: str | Path,
    entries: ClassEntries,
    index_folder: str | os.PathLike[str] | None = None,
    cache: ShardCache | None = None,
) -> ClassImages:
    """Open the images of a root's classes, in the order of the classes.

    Args:
        root: Holds the folders or the tars; a path or a URL.
        entries: The folders, or the tars; see :func:`list_classes`.
        index_folder: Folder of the tars' indices, see `ShardTable`, or of the folders' listing, see
            `ClassFolders`.
        cache: Where whole copies of remote tars are kept, see `ShardTable`.

    Raises:
        ValueError: A tar is damaged, or no tar holds an image.
        OSError: A folder or a tar cannot be read.
    """
    if entries.folders:
        return ClassFolders(root, entries.folders, index_folder)
    return ShardTable(_tars(root, entries), _NAMES, index_folder=index_folder, cache=cache)


def index_class_images(
    root: str | Path,
    entries: ClassEntries,
    index_folder: str | os.PathLike[str] | None,
    cache: ShardCache | None,
    executor: Executor,
    at_a_time: int,
) -> None:
    """Index a root's tars, or list its folders if they are many, as `open_class_images` would.

    Args:
        root: Holds the folders or the tars.
        entries: The folders, or the tars.
        index_folder: Folder of the indices or of the listing.
        cache: Where whole copies of remote tars are kept.
        executor: Indexes the tars.
        at_a_time: Number of tars that it indexes at a time.

    Raises:
        DamagedShards: Some tars are damaged or cannot be read.
        OSError: A folder cannot be read, or an index cannot be written.
    """
    if entries.folders:
        ClassFolders(root, entries.folders, index_folder)
    else:
        index = ShardIndex(_tars(root, entries), _NAMES, index_folder, cache)
        joint_index(index, executor=executor, at_a_time=at_a_time)


def _tars(root: str | Path, entries: ClassEntries) -> list[str]:
    return [join(root, tar) for tar in entries.tars]
