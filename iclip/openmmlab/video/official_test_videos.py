"""The videos that UCF-101's and HMDB-51's official splits test."""

import os
from pathlib import Path
from typing import Any

from mmaction.registry import DATASETS

from iclip.datasets.readers.official_splits import read_official_splits
from iclip.openmmlab.video.skip_broken_videos import SkipBrokenVideos
from iclip.text.class_words import class_words


@DATASETS.register_module()
class OfficialTestVideos(SkipBrokenVideos):
    """Each video that one of the three splits tests, once, with the splits that test it.

    ``ann_file`` is the folder of the official lists, ``data_prefix.video`` that of the videos,
    which holds a folder per class. A sample has ``splits``, the numbers of its splits;
    ``PackActionInputs`` hands it on with ``meta_keys=("splits",)``, and
    :class:`~iclip.openmmlab.video.accuracy_of_splits.AccuracyOfSplits` reads it.

    Args:
        **kwargs: See :class:`.skip_broken_videos.SkipBrokenVideos`.
    """

    def class_names(self) -> list[str]:
        """Return the words of the data set's classes by label; errors as of `load_data_list`."""
        return list(map(class_words, read_official_splits(Path(self.ann_file)).classes))

    def load_data_list(self) -> list[dict[str, Any]]:
        """Read the lists of all splits.

        Raises:
            OSError: A list is not there, or cannot be read.
            ValueError: The folder holds other files, or a line is not of the form.
        """
        tested = read_official_splits(Path(self.ann_file)).test_videos()
        folder = self.data_prefix.get("video") or ""
        return [
            dict(filename=os.path.join(folder, name), label=label, splits=splits)
            for (name, label), splits in tested.items()
        ]
