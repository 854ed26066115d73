"""Images in one tar per class."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_table import ShardTable


class ClassTars:
    """Images in one tar per class, as ImageNet-21K is handed out (``n01440764.tar``).

    Args:
        tars: The files; what is before ``.tar`` is the class's name.
        index_folder: Where their indices are kept, see `ShardTable`.

    Attributes:
        classes: Name of each class.
        counts: Number of images of each class.
        left_out: What else the tars hold.
    """

    def __init__(
        self, tars: Sequence[str], index_folder: str | os.PathLike[str] | None = None
    ) -> None:
        self._table = ShardTable(tars, SampleNames(text=None), index_folder=index_folder)
        self.left_out = self._table.left_out
        self.classes = [Path(tar).stem for tar in tars]
        self.counts = np.diff(self._table.starts).tolist()

    def read(self, number: int) -> bytes:
        """Read one encoded image."""
        return self._table.read(number)[0]

    def sample_name(self, number: int) -> str:
        """Name one image's tar and its name there."""
        return self._table.sample_name(number)
