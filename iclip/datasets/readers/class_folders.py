"""Images in one folder per class."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from iclip.data_summary import omissions
from iclip.datasets.readers.string_table import StringTable
from iclip.files.images import LeftOut, images_below


class ClassFolders:
    """Images in one folder per class, in torchvision's order.

    Args:
        root: Holds the folders.
        classes: Their names.

    Attributes:
        classes: Name of each class.
        counts: Number of images of each class.
        left_out: What else the folders hold.

    Raises:
        OSError: A folder cannot be read.
    """

    def __init__(self, root: Path, classes: Sequence[str]) -> None:
        self._root = os.fspath(root)
        self.classes = list(classes)
        self.counts = [0] * len(classes)
        left_out = LeftOut()
        self._paths = StringTable(self._list(left_out))
        self.left_out = omissions(left_out)

    def read(self, number: int) -> bytes:
        """Read one encoded image."""
        with open(self.sample_name(number), "rb", buffering=0) as file:
            return file.read()

    def sample_name(self, number: int) -> str:
        """Name one image's file."""
        return os.path.join(self._root, self._paths[number])

    def _list(self, left_out: LeftOut) -> Iterator[str]:
        for position, name in enumerate(self.classes):
            for path in images_below(os.path.join(self._root, name), left_out):
                self.counts[position] += 1
                yield path[len(self._root) + 1 :]
