"""Labelled images by a list of their files."""

import os
from array import array
from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np

from iclip.data_summary import DataSummary
from iclip.datasets.readers.labelled_list import read_classes, read_labelled_list
from iclip.datasets.readers.missing_data import existing_file, missing_data
from iclip.datasets.readers.string_table import StringTable
from iclip.datasets.sample_source import ImageTransform, Sample, SampleSource
from iclip.files.storage import read_bytes
from iclip.registry import DATASETS

SETTING = "LabelledFiles(table=...)"
# Images that the check before a start reads of a list.
_CHECKED_LINES = 1000


@DATASETS.register_module()
class LabelledFiles(SampleSource):
    """Labelled images whose files and classes a list names.

    Args:
        table: The list, or its URL; see :mod:`iclip.datasets.readers.labelled_list`.
        image_transform: Callable, or its config: (encoded bytes, seed) -> uint8 (3, H, W).
        fraction: Share of the images to use, taken at even distances.

    Attributes:
        metainfo: ``classes``, their names in the order of the labels.

    Raises:
        FileNotFoundError: There is no such list.
        ValueError: A line is malformed, or the list names no image.
    """

    def __init__(
        self,
        table: str | os.PathLike[str],
        image_transform: ImageTransform | dict[str, Any],
        fraction: float = 1.0,
    ) -> None:
        super().__init__(image_transform, fraction)
        path = existing_file(SETTING, table)
        self.metainfo = {"classes": read_classes(path)}
        # Labels are kept aside while the names are taken, so that no list of names exists.
        labels = array("i")

        def files() -> Any:
            for file, label in read_labelled_list(path):
                labels.append(label)
                yield file

        self._files = StringTable(files())
        self._stored_labels = np.frombuffer(labels, np.int32)
        self._place = os.fspath(table)
        if not len(self._files):
            raise missing_data(SETTING, table, "it names no image")

    @property
    def stored_count(self) -> int:
        """Number of images in the list."""
        return len(self._files)

    @property
    def labels(self) -> np.ndarray:
        """Class index of each image, int32, (len(self),)."""
        return self._stored_labels[self._stored_number(np.arange(len(self)))]

    def read(self, stored: int) -> tuple[bytes, ...]:
        """Read an encoded image."""
        return (read_bytes(self._files[stored]),)

    def parts(self, stored: int, *text: bytes) -> Sample:
        """Return the ``gt_label``."""
        return {"gt_label": int(self._stored_labels[stored])}

    def sample_name(self, stored: int) -> str:
        """Name an image's file."""
        return self._files[stored]

    def summary(self) -> DataSummary:
        """Say how many images and classes there are."""
        counts = {
            **self.counted_samples("images"),
            "classes": len(self.metainfo["classes"]),
            "classes with images": len(np.unique(self.labels)),
        }
        return DataSummary(type(self).__name__, self._place, counts)

    @classmethod
    def class_names(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the classes that the list of a config's settings names."""
        return read_classes(existing_file(SETTING, settings["table"]))

    @classmethod
    def check_files(cls, settings: Mapping[str, Any]) -> None:
        """Look for the list, and read its first lines."""
        path = existing_file(SETTING, settings["table"])
        for _ in islice(read_labelled_list(path), _CHECKED_LINES):
            pass
