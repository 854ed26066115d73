"""A data set of segmentation whose images and label maps are named by a list.

mmseg's data sets find the map of an image by its name in another folder, with one extension for all
images and one for all maps. Users' files lie in other ways.
"""

import os
from typing import Any

from mmseg.datasets import BaseSegDataset

from iclip.datasets.readers.label_map_list import read_label_map_list
from iclip.registry import DATASETS


@DATASETS.register_module()
class ListedLabelMaps(BaseSegDataset):
    """Read the images and label maps of a list, see :mod:`iclip.datasets.readers.label_map_list`.

    Args:
        ann_file: The list.
        **kwargs: See mmseg's ``BaseSegDataset``; ``img_suffix`` and the like do not matter.
    """

    def __init__(self, ann_file: str, **kwargs: Any) -> None:
        # mmseg joins a list's entries to this folder, and the hub's check names it.
        kwargs.setdefault("data_prefix", dict(img_path=os.path.dirname(ann_file) or "."))
        super().__init__(ann_file=ann_file, **kwargs)

    def load_data_list(self) -> list[dict[str, Any]]:
        """Read the list.

        Raises:
            OSError: It cannot be read.
            ValueError: A line of it is not an entry.
        """
        return [
            dict(
                img_path=entry.image,
                seg_map_path=entry.label_map,
                label_map=self.label_map,
                reduce_zero_label=self.reduce_zero_label,
                seg_fields=[],
            )
            for entry in read_label_map_list(self.ann_file)
        ]
