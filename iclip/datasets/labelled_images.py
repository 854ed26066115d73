"""Labelled images: one folder per class, or one tar as ImageNet-21K is handed out."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from iclip.data_summary import DataSummary, Omission, merged, omissions
from iclip.datasets.readers.class_folders import ClassFolders
from iclip.datasets.readers.class_tars import ClassTars
from iclip.datasets.readers.missing_data import existing_folder, missing_data
from iclip.datasets.sample_source import ImageTransform, Sample, SampleSource
from iclip.files.images import ClassEntries, LeftOut, class_entries
from iclip.messages import counted, listing
from iclip.registry import DATASETS
from iclip.text.class_texts import ClassTexts, read_class_texts

SETTING = "LabelledImages(root=...)"


class ClassStore(Protocol):
    """Images sorted by class."""

    @property
    def classes(self) -> Sequence[str]:
        """Name of each class."""

    @property
    def counts(self) -> Sequence[int]:
        """Number of images of each class."""

    @property
    def left_out(self) -> tuple[Omission, ...]:
        """What else is there, by kind."""

    def read(self, number: int) -> bytes:
        """Read one encoded image."""

    def sample_name(self, number: int) -> str:
        """Name one image's file."""


@DATASETS.register_module()
class LabelledImages(SampleSource):
    """Labelled images whose labels are positions in a class-text table.

    Args:
        root: Holds a folder (its name is the class's id) or a ``<id>.tar`` for each class. Of a
            folder, all images at any depth are taken.
        class_texts: The table, or its file.
        image_transform: Callable, or its config: (encoded bytes, seed) -> uint8 (3, H, W).
        fraction: Share of the images to use, the same of every class to within one image.
        index_folder: Where the tars' indices are kept, see `ImageTextPairs`.

    Raises:
        FileNotFoundError: The folder or the table is missing, or the folder is empty.
        ValueError: A class has no image, or is not in the table.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        class_texts: ClassTexts | str | os.PathLike[str],
        image_transform: ImageTransform | dict[str, Any],
        fraction: float = 1.0,
        index_folder: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(image_transform, fraction)
        if not isinstance(class_texts, ClassTexts):
            class_texts = read_class_texts(class_texts)
        path = existing_folder(SETTING, root)
        entries, left_out = _entries_of(path)
        labels = _labels_of(_names(entries), class_texts, path)
        self._store = _opened(path, entries, index_folder)
        _check_counts(self._store, path)
        self._place = os.fspath(root)
        self._left_out = merged([*self._store.left_out, *omissions(left_out)])
        self._class_texts = class_texts
        self._stored_labels = np.repeat(np.array(labels, np.int32), self._store.counts)
        self.metainfo = {"class_ids": class_texts.ids}

    @property
    def stored_count(self) -> int:
        """Number of images in store."""
        return len(self._stored_labels)

    @property
    def labels(self) -> np.ndarray:
        """Class index of each image, int32, (len(self),)."""
        return self._stored_labels[np.arange(len(self)) * self.stored_count // len(self)]

    def read(self, stored: int) -> tuple[bytes, Sample]:
        """Read an encoded image and its ``gt_label``."""
        return self._store.read(stored), {"gt_label": int(self._stored_labels[stored])}

    def sample_name(self, stored: int) -> str:
        """Name an image's file."""
        return self._store.sample_name(stored)

    def summary(self) -> DataSummary:
        """Say how many images and classes there are, and which lines of the table have none."""
        classes = set(self._store.classes)
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
        class_texts = settings["class_texts"]
        if not isinstance(class_texts, ClassTexts):
            class_texts = read_class_texts(class_texts)
        _labels_of(_names(entries), class_texts, path)


def _entries_of(root: Path) -> tuple[ClassEntries, LeftOut]:
    left_out = LeftOut()
    entries = class_entries(root, left_out)
    if entries.folders and entries.tars:
        raise ValueError(
            f"{SETTING} is {os.fspath(root)!r}, which holds "
            f"{counted(len(entries.folders), 'folder')} ({listing(entries.folders, 3)}) and "
            f"{counted(len(entries.tars), 'tar')} ({listing(entries.tars, 3)}): one or the other, "
            "for each class"
        )
    if not entries.folders and not entries.tars:
        there = f"; there are {left_out}" if left_out.counts else ""
        raise missing_data(
            SETTING, root, f"it holds neither a folder nor a .tar for each class{there}"
        )
    return entries, left_out


def _names(entries: ClassEntries) -> list[str]:
    return entries.folders or [Path(tar).stem for tar in entries.tars]


def _opened(
    root: Path, entries: ClassEntries, index_folder: str | os.PathLike[str] | None
) -> ClassStore:
    if entries.folders:
        return ClassFolders(root, entries.folders)
    return ClassTars([os.path.join(root, tar) for tar in entries.tars], index_folder)


def _labels_of(classes: Sequence[str], class_texts: ClassTexts, root: Path) -> list[int]:
    positions = {id: position for position, id in enumerate(class_texts.ids)}
    outside = [name for name in classes if name not in positions]
    if outside:
        raise ValueError(
            f"label outside the class table: {len(outside)} of {len(classes)} classes in {root} "
            f"have no class text among the {len(class_texts)} of the table: {listing(outside)}. "
            f"`python tools/build_class_texts.py --wnids {root} --out FILE.jsonl` builds a table "
            "of WordNet ids; other ids take a line each, written by hand"
        )
    return [positions[name] for name in classes]


def _check_counts(store: ClassStore, root: Path) -> None:
    empty = [name for name, count in zip(store.classes, store.counts, strict=True) if not count]
    if empty:
        others = listing([str(part) for part in store.left_out])
        there = f" (not images: {others})" if others else ""
        raise ValueError(
            f"{len(empty)} of {len(store.classes)} classes in {root} hold no image: "
            f"{listing(empty)}{there}. Complete them, or remove what is empty"
        )
