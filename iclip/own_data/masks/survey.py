"""From pairs of an image and a mask file to samples: every mask is read, once.

So what is said of a data set's masks is said of all of them. Training reads each mask once per
epoch.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from iclip.messages import one_line
from iclip.own_data.format import ReadParts
from iclip.own_data.image_sizes import SECONDS_BEFORE_FIRST_REPORT, sized_images
from iclip.own_data.masks.class_lists import ClassList
from iclip.own_data.masks.encoding import find_encoding
from iclip.own_data.masks.files import MaskContent, read_mask
from iclip.own_data.masks.masked_image import MaskedImage, turned
from iclip.own_data.remarks import Remarks
from iclip.own_data.stated_sizes import fitting_images
from iclip.progress import Progress

# Decoding leaves Python's lock; more threads than these wait for the disk.
MOST_THREADS = 8


def read_masked_images(
    parts: Mapping[str, Sequence[tuple[str, str]]], listed: ClassList | None, remarks: Remarks
) -> ReadParts:
    """Read all masks of a data set, and find out what they stand for.

    Args:
        parts: Path of each image and of its mask, by part.
        listed: The class list; None if there is none.
        remarks: Receives what is left out: pairs that cannot be read or have different sizes.

    Raises:
        ValueError: It is not known what the masks stand for; or more pairs cannot be used than
            `Remarks` allows.
    """
    pairs = [(part, image, mask) for part, of_part in parts.items() for image, mask in of_part]
    images = sized_images([image for _, image, _ in pairs], remarks)
    contents = _read_masks([mask for _, _, mask in pairs], remarks)
    both = [
        (part, image, content)
        for (part, _, _), image, content in zip(pairs, images, contents, strict=True)
        if image is not None and content is not None
    ]
    turns = fitting_images(
        [image for _, image, _ in both],
        [(content.width, content.height) for _, _, content in both],
        remarks,
    )
    if not turns:
        raise ValueError(f"{remarks.place}: no image has a mask that can be read")
    encoding = find_encoding([both[at][2] for at in turns], listed)
    samples: dict[str, list[MaskedImage]] = {part: [] for part in parts}
    for at, turn in turns.items():
        part, image, content = both[at]
        mask = turned(encoding.mask(content), turn)
        labels = encoding.labels(content)
        samples[part].append(MaskedImage(image.file, image.width, image.height, mask, labels))
    if listed is not None:
        remarks.note(f"classes from {listed.file}, in its order")
    for note in encoding.notes:
        remarks.note(note)
    return ReadParts(encoding.classes, samples, remarks.omissions(), tuple(remarks.notes))


def _read_masks(files: Sequence[str], remarks: Remarks) -> list[MaskContent | None]:
    """Read what masks store, some at a time; None for one that cannot be read."""
    progress = Progress("masks", len(files), interval=SECONDS_BEFORE_FIRST_REPORT, patient=True)
    found: list[MaskContent | None] = []
    broken = []
    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as threads:
        for file, content in zip(files, threads.map(_read_one, files), strict=True):
            if isinstance(content, MaskContent):
                found.append(content)
            else:
                found.append(None)
                broken.append(f"{file}: {one_line(content, 200)}")
            progress.advance()
    remarks.leave_out("masks that cannot be read", broken, len(files), "write them anew, as PNG")
    return found


def _read_one(file: str) -> MaskContent | Exception:
    try:
        return read_mask(file)
    except (OSError, ValueError) as error:
        return error
