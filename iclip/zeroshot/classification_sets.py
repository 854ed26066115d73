"""A data set of zero-shot classification: opened, and as an entry of a suite."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iclip.text.class_texts import ClassTexts
from iclip.zeroshot.class_folders import LabelledSet, Labels
from iclip.zeroshot.image_readers import ImageReader


@dataclass(frozen=True)
class ImageSet:
    """A data set, opened.

    Attributes:
        labelled: The images with their labels.
        class_texts: The classes, in the order of the labels.
        templates: Templates with ``{}`` for the name.
        metric: A key of :data:`iclip.zeroshot.classification.METRICS`.
        split: The part of the data set, in words.
        protocol: Name of the protocol, such as ``kornblith12/dtd``; None for one's own data.
        expected_images: Number of test images by the protocol or the listing; None if unknown.
        expected_classes: Number of classes, likewise.
        notes: What a user should know about how it was read.
        changes: How the user's options or files deviate from the protocol.
    """

    labelled: LabelledSet
    class_texts: ClassTexts
    templates: Sequence[str]
    metric: str
    split: str
    protocol: str | None = None
    expected_images: int | None = None
    expected_classes: int | None = None
    notes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    @property
    def reader(self) -> ImageReader:
        """Reads the images."""
        return self.labelled.reader

    def deviations(self, read: Labels) -> tuple[str, ...]:
        """Say how an evaluation deviates from the protocol; empty for one's own data.

        Args:
            read: Labels of the images that could be read.
        """
        if self.protocol is None:
            return ()
        counts = (
            ("images", len(read), self.expected_images),
            ("classes", present_classes(read), self.expected_classes),
        )
        differ = [
            f"{count:,} of {expected:,} {thing}"
            for thing, count, expected in counts
            if expected is not None and count != expected
        ]
        return (*differ, *self.changes)


def present_classes(labels: Labels) -> int:
    """Count the classes that have an image, from labels (N,) or (N, C); see `LabelledSet`."""
    return int((labels == 1).any(axis=0).sum()) if labels.ndim == 2 else len(np.unique(labels))


@dataclass(frozen=True)
class SuiteEntry:
    """A data set of a suite, which need not be on this machine.

    Attributes:
        folder: The data set's folder, below the data root.
        layout: The layout that the folder should have, in words.
        open: Opens the folder; raises the errors of the library that reads it.
        needs: Files and folders that have to exist below the folder.
        archive: The download that they are unpacked from, in words.
    """

    folder: str
    layout: str
    open: Callable[[Path], ImageSet]
    needs: tuple[str, ...] = ()
    archive: str = ""

    def open_below(self, data_root: Path) -> ImageSet:
        """Open the data set.

        Raises:
            OSError: The folder or a file in it does not exist; the message names it.
            ValueError: Its files do not fit the layout.
        """
        folder = data_root / self.folder
        if not folder.is_dir():
            raise FileNotFoundError("no such folder")
        missing = [name for name in self.needs if not (folder / name).exists()]
        if missing:
            more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
            raise FileNotFoundError(
                f"{folder / missing[0]}{more} is missing: unpack {self.archive} below {folder}"
            )
        try:
            return self.open(folder)
        except RuntimeError as error:
            # torchvision raises this for a list that is cut or malformed, or a wrong checksum. Its
            # advice is of no use here: the hub has no such setting.
            reason = str(error).splitlines()[0]
            reason = reason.removesuffix("You can use download=True to download it").strip(" .")
            raise ValueError(
                f"its lists cannot be read ({reason}): unpack {self.archive} again below {folder}"
            ) from error
