"""Labelled images: one folder per class, or one tar per class as ImageNet-21K comes."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np

from iclip.data_summary import DataSummary, Omission, merged, omissions
from iclip.datasets.indexed_source import IndexedSource
from iclip.datasets.readers.class_images import (
    ClassImages,
    index_class_images,
    list_classes,
    open_class_images,
)
from iclip.datasets.readers.missing_data import existing_folder, missing_data
from iclip.datasets.sample_source import ImageTransform, Sample
from iclip.files.images import ClassEntries, LeftOut
from iclip.files.shard_cache import shard_cache
from iclip.messages import listing
from iclip.registry import DATASETS
from iclip.text.class_texts import ClassTexts, as_class_texts

SETTING = "LabelledImages(root=...)"


@DATASETS.register_module()
class LabelledImages(IndexedSource):
    """Labelled images whose labels are positions in a class-text table.

    Args:
        root: Holds a folder (its name is the class's id) or a ``<id>.tar`` for each class. Of a
            folder, all images at any depth are taken. A path, or the URL of a bucket's folder.
        class_texts: The table, or its file.
        image_transform: Callable, or its config: (encoded bytes, seed) -> uint8 (3, H, W).
        fraction: Share of the images to use. Every class keeps this share, give or take one image.
        index_folder: Folder of the tars' indices, see `ShardTable`.
        storage: For remote tars: ``dict(cache=FOLDER, cache_gb=N)`` keeps whole copies in a local
            folder, at most N GB (1e9 bytes), for all processes of a machine. None: each read is a
            request for a range of bytes.

    Raises:
        FileNotFoundError: The folder or the table is missing, or the folder is empty.
        ValueError: A class has no image, or is not in the table.
    """

    index_settings = ("root", "index_folder", "storage")

    def __init__(
        self,
        root: str | os.PathLike[str],
        class_texts: ClassTexts | str | os.PathLike[str],
        image_transform: ImageTransform | dict[str, Any],
        fraction: float = 1.0,
        index_folder: str | os.PathLike[str] | None = None,
        storage: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(image_transform, fraction)
        path = existing_folder(SETTING, root)
        entries, left_out = _entries_of(path)
        self._class_texts = as_class_texts(class_texts)
        self._classes = entries.classes
        labels = _labels_of(self._classes, self._class_texts, path)
        self._images = open_class_images(path, entries, index_folder, shard_cache(storage))
        _check_counts(self._classes, self._images, path)
        self._place = os.fspath(root)
        self._left_out = merged([*self._images.left_out, *omissions(left_out)])
        # int32 holds every class index, and takes half the memory of int64 for millions of images.
        # One label per class -> one per stored image.
        self._stored_labels = np.repeat(np.array(labels, np.int32), self._images.counts)
        self.metainfo = {"class_ids": self._class_texts.ids}

    @property
    def stored_count(self) -> int:
        """Number of images in store."""
        return len(self._stored_labels)

    @property
    def labels(self) -> np.ndarray:
        """Class index of each image, int32, (len(self),)."""
        return self._stored_labels[self._stored_number(np.arange(len(self)))]

    def read(self, stored: int) -> tuple[bytes, ...]:
        """Read an encoded image."""
        return (self._images.read_image(stored),)

    def parts(self, stored: int, *text: bytes) -> Sample:
        """Return the ``gt_label``."""
        return {"gt_label": int(self._stored_labels[stored])}

    def sample_name(self, stored: int) -> str:
        """Name an image's file, or its tar and its name in the tar."""
        return self._images.sample_name(stored)

    def file_name(self, stored: int) -> str:
        """Name an image's file or tar."""
        return self._images.file_name(stored)

    def keep_open(self) -> None:
        """Open the tars that stay open, as many as the system allows."""
        self._images.keep_open()

    def summary(self) -> DataSummary:
        """Say how many images and classes there are, and which lines of the table have none."""
        classes = set(self._classes)
        unused = [id for id in self._class_texts.ids if id not in classes]
        what = "lines of the class table without images"
        without = (Omission(what, len(unused), unused[0]),) if unused else ()
        counts = {
            **self.counted_samples("images"),
            "classes": len(classes),
            "lines of the class table": len(self._class_texts),
        }
        return DataSummary(type(self).__name__, self._place, counts, self._left_out + without)

    @classmethod
    def check_files(cls, settings: Mapping[str, Any]) -> None:
        """Look for the classes, and for each of them in the table."""
        path = existing_folder(SETTING, settings["root"])
        entries, _ = _entries_of(path)
        _labels_of(entries.classes, as_class_texts(settings["class_texts"]), path)
        shard_cache(settings.get("storage"))

    @classmethod
    def index_files(cls, settings: Mapping[str, Any], executor: Executor, at_a_time: int) -> None:
        """Index the tars, or list the folders."""
        path = existing_folder(SETTING, settings["root"])
        entries, _ = _entries_of(path)
        folder, cache = settings.get("index_folder"), shard_cache(settings.get("storage"))
        index_class_images(path, entries, folder, cache, executor, at_a_time)


def _entries_of(root: str | Path) -> tuple[ClassEntries, LeftOut]:
    """List the classes of the root, at least one, and what else lies there."""
    entries, left_out = list_classes(root, f"{SETTING} is {os.fspath(root)!r}, which")
    if not entries.classes:
        there = f"; there are {left_out}" if left_out.counts else ""
        raise missing_data(
            SETTING, root, f"it holds neither a folder nor a .tar for each class{there}"
        )
    return entries, left_out


def _labels_of(classes: Sequence[str], class_texts: ClassTexts, root: str | Path) -> list[int]:
    """Return the position of each class in the table."""
    positions = {id: position for position, id in enumerate(class_texts.ids)}
    outside = [name for name in classes if name not in positions]
    if outside:
        raise ValueError(
            f"label outside the class table: {len(outside)} of {len(classes)} classes in {root} "
            f"have no class text among the {len(class_texts)} of the table: {listing(outside)}. "
            f"`python tools/build_class_texts.py --wnids {root} --out FILE.jsonl` builds a table "
            "of WordNet ids; for other ids, write a line per class by hand"
        )
    return [positions[name] for name in classes]


def _check_counts(classes: Sequence[str], images: ClassImages, root: str | Path) -> None:
    empty = [name for name, count in zip(classes, images.counts, strict=True) if not count]
    if empty:
        others = listing([str(part) for part in images.left_out])
        there = f" (not images: {others})" if others else ""
        raise ValueError(
            f"{len(empty)} of {len(classes)} classes in {root} hold no image: "
            f"{listing(empty)}{there}. Complete them, or remove what is empty"
        )
