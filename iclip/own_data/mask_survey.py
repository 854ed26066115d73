"""From pairs of an image and a mask file to samples: every mask is read, once.

So what is said of a data set's masks is said of all of them. Training reads each mask once per
epoch.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from iclip.files.orientation import lies_on_its_side
from iclip.messages import counted, one_line
from iclip.own_data.class_lists import ClassList
from iclip.own_data.format import ReadParts
from iclip.own_data.image_sizes import SizedImage, sized_images
from iclip.own_data.mask_encoding import find_encoding
from iclip.own_data.mask_files import MaskContent, read_mask
from iclip.own_data.masked_image import Mask, MaskedImage, TurnedMask
from iclip.own_data.remarks import Remarks
from iclip.progress import Progress

# Decoding leaves Python's lock; more threads than these wait for the disk.
MOST_THREADS = 8
_SECONDS_BEFORE_FIRST_REPORT = 3.0

_Pair = tuple[SizedImage, MaskContent]


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
    sizes = sized_images([image for pairs in parts.values() for image, _ in pairs], remarks)
    masks = [mask for pairs in parts.values() for _, mask in pairs]
    contents = _read_masks(masks, remarks)
    of_part = [part for part, pairs in parts.items() for _ in pairs]
    by_part: dict[str, list[_Pair]] = {part: [] for part in parts}
    other_size = []
    for part, image, content in zip(of_part, sizes, contents, strict=True):
        if image is None or content is None:
            continue
        if _size_of(content) in (_size_of(image), _stored_size(image)):
            by_part[part].append((image, content))
        else:
            other_size.append(
                f"{content.path}: {content.width} x {content.height}, the image "
                f"{image.width} x {image.height}"
            )
    remarks.leave_out(
        "masks of another size than their image", other_size, len(masks), "make them equal"
    )
    return _with_labels(by_part, listed, remarks)


def _with_labels(
    parts: Mapping[str, Sequence[_Pair]], listed: ClassList | None, remarks: Remarks
) -> ReadParts:
    """Find out what the masks stand for."""
    pairs = [pair for of_part in parts.values() for pair in of_part]
    if not pairs:
        raise ValueError(f"{remarks.place}: no image has a mask that can be read")
    encoding = find_encoding([content for _, content in pairs], listed)
    samples = {
        part: [
            MaskedImage(
                image.file,
                image.width,
                image.height,
                _turned(image, content, encoding.mask(content)),
                encoding.labels(content),
            )
            for image, content in of_part
        ]
        for part, of_part in parts.items()
    }
    turned = [image.file for image, content in pairs if _size_of(content) != _size_of(image)]
    if turned:
        remarks.note(
            f"{counted(len(turned), 'mask')} ({turned[0]}) were drawn on pixels as stored, which "
            "EXIF data turn: they were turned, too"
        )
    if listed is not None:
        remarks.note(f"classes from {listed.file}, in its order")
    for note in encoding.notes:
        remarks.note(note)
    return ReadParts(encoding.classes, samples, remarks.omissions(), tuple(remarks.notes))


def _read_masks(files: Sequence[str], remarks: Remarks) -> list[MaskContent | None]:
    """Read what masks store, some at a time; None for one that cannot be read."""
    progress = Progress("masks", len(files), interval=_SECONDS_BEFORE_FIRST_REPORT, patient=True)
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


def _size_of(thing: SizedImage | MaskContent) -> tuple[int, int]:
    return thing.width, thing.height


def _stored_size(image: SizedImage) -> tuple[int, int]:
    """Return width and height as the image is stored: a mask may be drawn on these pixels."""
    on_its_side = lies_on_its_side(image.orientation)
    return (image.height, image.width) if on_its_side else (image.width, image.height)


def _turned(image: SizedImage, content: MaskContent, mask: Mask) -> Mask:
    """Return a mask of an image, turned as the image is if it has the size as stored."""
    if _size_of(content) == _size_of(image):
        return mask
    return TurnedMask(mask, image.orientation)
