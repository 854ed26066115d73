"""Images in one folder per class."""

import os
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from iclip.datasets.readers.folder_listing import kept_listing, list_folders
from iclip.files.storage import is_remote, join, read_bytes

# A root of so many classes is listed once, and its listing kept.
_MANY_CLASSES = 1000


class ClassFolders:
    """Images in one folder per class, at any depth of it, in torchvision's order.

    The listing of a thousand folders or more is kept in a file, see
    :mod:`iclip.datasets.readers.folder_listing`.

    Args:
        root: Holds the folders; a path or a URL.
        folders: Their names.
        index_folder: Folder of the kept listing, see `kept_listing`.

    Attributes:
        counts: Number of images per folder.
        left_out: What the folders hold besides images, by kind.

    Raises:
        OSError: A folder cannot be read.
    """

    def __init__(
        self,
        root: str | Path,
        folders: Sequence[str],
        index_folder: str | os.PathLike[str] | None = None,
    ) -> None:
        self._root = os.fspath(root)
        # A bucket's folders have no time of change by which a kept listing could be out of date.
        if len(folders) < _MANY_CLASSES or is_remote(self._root):
            listing = list_folders(self._root, folders)
        else:
            listing = kept_listing(self._root, folders, index_folder)
        self._paths, self.counts = listing.paths, list(listing.counts)
        self.left_out = listing.left_out

    def read_image(self, number: int) -> bytes:
        """Read one encoded image."""
        return read_bytes(self.sample_name(number))

    def sample_name(self, number: int) -> str:
        """Name one image's file."""
        return join(self._root, self._paths[number])

    def file_name(self, number: int) -> str:
        """Name one image's file."""
        return self.sample_name(number)

    def keep_open(self) -> None:
        """Do nothing: each image is a file of its own."""

    def files_by_folder(self) -> Iterator[list[str]]:
        """Yield a list of the images' paths per folder, in the order of the folders."""
        for end, count in zip(accumulate(self.counts), self.counts, strict=True):
            yield [self.sample_name(number) for number in range(end - count, end)]
