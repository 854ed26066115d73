"""Labelled images: a folder a class, or a tar a class as ImageNet-21K is handed out."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from mmengine.logging import print_log

from iclip.datasets.class_folders import ClassFolders
from iclip.datasets.class_tars import ClassTars
from iclip.datasets.data_root import existing_folder, missing_data
from iclip.datasets.source import ImageTransform, Sample, Source
from iclip.messages import listing
from iclip.registry import DATASETS
from iclip.text.class_texts import ClassTexts, read_class_texts


class ClassStore(Protocol):
    """Images sorted by class."""

    @property
    def classes(self) -> Sequence[str]:
        """Name of each class."""

    @property
    def counts(self) -> Sequence[int]:
        """Number of images of each class."""

    def read(self, number: int) -> bytes:
        """Read one encoded image."""

    def describe(self, number: int) -> str:
        """Name one image's file."""


@DATASETS.register_module()
class LabelledImages(Source):
    """Labelled images whose labels are positions in a class-text table.

    Args:
        root: Holds a folder (its name is the class's id) or a ``<id>.tar`` for each class.
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
        path = existing_folder("LabelledImages(root=...)", root)
        self._store = _open_store(path, index_folder)
        labels = _labels_of(self._store.classes, class_texts, path)
        _check_counts(self._store, path)
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

    def describe(self, stored: int) -> str:
        """Name an image's file."""
        return self._store.describe(stored)


def _open_store(root: Path, index_folder: str | os.PathLike[str] | None) -> ClassStore:
    # A name that starts with a dot is the system's, not a class.
    entries = sorted(
        (entry for entry in os.scandir(root) if not entry.name.startswith(".")),
        key=lambda entry: entry.name,
    )
    folders = [entry.name for entry in entries if entry.is_dir()]
    tars = [entry.path for entry in entries if entry.is_file() and entry.name.endswith(".tar")]
    if folders and tars:
        raise ValueError(
            f"LabelledImages(root=...) is {os.fspath(root)!r}, which holds {len(folders)} folders "
            f"({listing(folders, 3)}) and {len(tars)} tars: one or the other, for each class"
        )
    if folders:
        return ClassFolders(root, folders)
    if tars:
        return ClassTars(tars, index_folder)
    raise missing_data(
        "LabelledImages(root=...)", root, "it holds neither a folder nor a .tar for each class"
    )


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
    if len(classes) < len(class_texts):
        print_log(
            f"{root}: {len(class_texts) - len(classes)} of the {len(class_texts)} classes in the "
            "table have no images there",
            logger="current",
        )
    return [positions[name] for name in classes]


def _check_counts(store: ClassStore, root: Path) -> None:
    empty = [name for name, count in zip(store.classes, store.counts, strict=True) if not count]
    if empty:
        raise ValueError(
            f"{len(empty)} of {len(store.classes)} classes in {root} hold no image: "
            f"{listing(empty)}. Complete them, or remove what is empty"
        )
