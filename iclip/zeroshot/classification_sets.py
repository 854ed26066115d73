"""What an opened data set of zero-shot classification is, and which ones its suites hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iclip.text.class_texts import ClassTexts
from iclip.zeroshot.class_folders import LabelledPictures, Labels
from iclip.zeroshot.pictures import Pictures


@dataclass(frozen=True)
class ImageSet:
    """A data set, opened.

    Attributes:
        labelled: Pictures with their labels.
        class_texts: Of the classes, in the order of the labels.
        templates: With ``{}`` for the name.
        metric: A key of :data:`iclip.zeroshot.classification.METRICS`.
        split: Which part it is, in words.
        protocol: Whose protocol it is, such as ``kornblith12/dtd``; None for one's own data.
        expected_images: The protocol's number of test images, or what the listing says; None if
            neither does.
        expected_classes: Likewise.
        notes: What a user should know about how it was read.
        changes: What the user, or the files that are there, changed about the protocol.
    """

    labelled: LabelledPictures
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
    def pictures(self) -> Pictures:
        """The pictures."""
        return self.labelled.pictures

    def deviations(self, read: Labels) -> tuple[str, ...]:
        """Say in which ways an evaluation was not the protocol's; nothing for one's own data.

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
    """How many classes have an image."""
    return int((labels == 1).any(axis=0).sum()) if labels.ndim == 2 else len(np.unique(labels))


@dataclass(frozen=True)
class SuiteEntry:
    """A data set of a suite that may or may not be on this machine.

    Attributes:
        folder: Below the data root.
        layout: What has to be there, in words.
        open: From that folder to the data set; raises what the reading library raises.
        needs: Files and folders that have to be there, below the folder.
        archive: What they are unpacked from.
    """

    folder: str
    layout: str
    open: Callable[[Path], ImageSet]
    needs: tuple[str, ...] = ()
    archive: str = ""

    def open_below(self, data_root: Path) -> ImageSet:
        """Open the data set.

        Raises:
            OSError: It is not there, or a file of it is missing (the message says which).
            ValueError: Its files are not what they should be.
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
            # torchvision's words for a list that is cut or of another form, or a wrong checksum.
            told = str(error).splitlines()[0]
            told = told.removesuffix("You can use download=True to download it").strip(" .")
            raise ValueError(
                f"its lists cannot be read ({told}): unpack {self.archive} again below {folder}"
            ) from error
