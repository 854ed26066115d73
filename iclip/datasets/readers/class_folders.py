"""Images in one folder per class."""

import os
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from iclip.data_summary import omissions
from iclip.datasets.readers.string_table import StringTable
from iclip.files.images import LeftOut, images_below
from iclip.files.storage import read_bytes


class ClassFolders:
    """Images in one folder per class, at any depth of it, in torchvision's order.

    Args:
        root: Holds the folders.
        folders: Their names.

    Attributes:
        counts: Number of images per folder.
        left_out: What the folders hold besides images, by kind.

    Raises:
        OSError: A folder cannot be read.
    """

    def __init__(self, root: Path, folders: Sequence[str]) -> None:
        self._root = os.fspath(root)
        self.counts = [0] * len(folders)
        left_out = LeftOut()
        self._paths = StringTable(self._list(folders, left_out))
        self.left_out = omissions(left_out)

    def read_image(self, number: int) -> bytes:
        """Read one encoded image."""
        return read_bytes(self.sample_name(number))

    def sample_name(self, number: int) -> str:
        """Name one image's file."""
        return os.path.join(self._root, self._paths[number])

    def file_name(self, number: int) -> str:
        """Name one image's file."""
        return self.sample_name(number)

    def files_by_folder(self) -> Iterator[list[str]]:
        """Yield a list of the images' paths per folder, in the order of the folders."""
        for end, count in zip(accumulate(self.counts), self.counts, strict=True):
            yield [self.sample_name(number) for number in range(end - count, end)]

    def _list(self, folders: Sequence[str], left_out: LeftOut) -> Iterator[str]:
        for position, name in enumerate(folders):
            for path in images_below(os.path.join(self._root, name), left_out):
                self.counts[position] += 1
                # The root is kept once, not in each of millions of paths.
                yield path[len(self._root) + 1 :]
