"""A classified image, and the list of them that a training reads."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from iclip.files.storage import read_bytes
from iclip.messages import one_line
from iclip.own_data.data_set import TRAIN, OwnData
from iclip.own_data.image_sizes import SECONDS_BEFORE_FIRST_REPORT, sized_images
from iclip.own_data.remarks import Remarks
from iclip.progress import Progress

# Images that are decoded at a time.
_THREADS = 8


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """An image file with its class.

    Attributes:
        file: Its path, absolute.
        label: Index of its class.
    """

    SAMPLES: ClassVar[str] = "images"
    LABELLED: ClassVar[str] = "images"

    file: str
    label: int

    @property
    def class_labels(self) -> Sequence[int]:
        """The image's own label."""
        return (self.label,)

    def relabelled(self, labels: Sequence[int]) -> "LabelledFile":
        """Return the image with ``labels[label]`` in place of its label."""
        return LabelledFile(self.file, labels[self.label])


def readable_files(files: Sequence[tuple[str, int]], remarks: Remarks) -> list[LabelledFile]:
    """Return the images whose headers can be read.

    Args:
        files: File and label of each image.
        remarks: Receives the other images.

    Raises:
        ValueError: More than a tenth cannot be read.
    """
    sizes = sized_images([os.path.abspath(file) for file, _ in files], remarks)
    return [
        LabelledFile(image.file, label)
        for image, (_, label) in zip(sizes, files, strict=True)
        if image is not None
    ]


def write_classification(
    data: OwnData, folder: Path, say: Callable[[str], object] = print
) -> dict[str, Path]:
    """Write the list of each part, whole or not at all: ``train.jsonl``, ``val.jsonl`` and so on.

    Images of validation and test are decoded once, and those that are damaged left out: an
    evaluation would end at the first. Training replaces such images and counts them.

    Args:
        data: A data set whose samples are :class:`LabelledFile`.
        folder: The folder; it is made if it is missing.
        say: Receives what was left out.

    Returns:
        The lists by part; ``iclip.LabelledFiles`` reads them.

    Raises:
        ValueError: There is a single class, or more than a tenth of a part's images are damaged.
        OSError: A list could not be written.
    """
    if len(data.classes) < 2:
        (name,) = data.classes
        raise ValueError(
            f"{data.root} has a single class, {name!r}: a classifier needs two or more. If folders "
            f"of classes lie in a folder {name}, name that one"
        )
    # Not above: the package of the data sets imports torch.
    from iclip.datasets.readers.labelled_list import write_labelled_list

    lists = {part: folder / f"{part}.jsonl" for part in data.parts}
    for part, path in lists.items():
        samples: Sequence[LabelledFile] = data.parts[part]
        if part != TRAIN:
            remarks = Remarks(f"{data.root}, {part}")
            samples = undamaged(samples, remarks)
            for omission in remarks.omissions():
                say(f"{part}: left out {omission}")
        write_labelled_list(path, data.classes, ((s.file, s.label) for s in samples))
    return lists


def undamaged(samples: Sequence[LabelledFile], remarks: Remarks) -> list[LabelledFile]:
    """Decode images as training does, and return those that can be.

    Args:
        samples: The images.
        remarks: Receives the others.

    Raises:
        ValueError: More than a tenth are damaged.
    """
    progress = Progress(
        "decoding", len(samples), interval=SECONDS_BEFORE_FIRST_REPORT, patient=True
    )
    kept, damaged = [], []
    with ThreadPoolExecutor(_THREADS) as threads:
        for sample, fault in zip(samples, threads.map(_fault, samples), strict=True):
            if fault:
                damaged.append(f"{sample.file}: {fault}")
            else:
                kept.append(sample)
            progress.advance()
    remarks.leave_out("damaged images", damaged, len(samples), "fetch them anew")
    return kept


def _fault(sample: LabelledFile) -> str:
    """Say why an image cannot be decoded; empty if it can be."""
    from iclip.datasets.readers.decoding import DecodeError, open_image

    try:
        # The lowest resolution that libjpeg offers still reads the whole file.
        open_image(read_bytes(sample.file)).pixels(1, 1)
    except (DecodeError, OSError) as error:
        return one_line(error)
    return ""
