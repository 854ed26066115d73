"""Images in a folder a class."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from iclip.datasets.string_table import StringTable
from iclip.image_files import images_below


class ClassFolders:
    """Images in a folder a class, in torchvision's order.

    Args:
        root: Holds the folders.
        classes: Their names.

    Attributes:
        classes: Name of each class.
        counts: Number of images of each class.
    """

    def __init__(self, root: Path, classes: Sequence[str]) -> None:
        self._root = os.fspath(root)
        self.classes = list(classes)
        self.counts = [0] * len(classes)
        self._paths = StringTable(self._list())

    def read(self, number: int) -> bytes:
        """Read one encoded image."""
        with open(self.describe(number), "rb", buffering=0) as file:
            return file.read()

    def describe(self, number: int) -> str:
        """Name one image's file."""
        return os.path.join(self._root, self._paths[number])

    def _list(self) -> Iterator[str]:
        for position, name in enumerate(self.classes):
            for path in images_below(os.path.join(self._root, name)):
                self.counts[position] += 1
                yield path[len(self._root) + 1 :]
