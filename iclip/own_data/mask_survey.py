"""From pairs of an image and a mask file to samples: every mask is read, once.

So what is said of a data set's masks is said of all of them. Training reads each mask once per
epoch.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from iclip.files.image_headers import image_size
from iclip.messages import one_line
from iclip.own_data.class_lists import ClassList
from iclip.own_data.format import ReadParts
from iclip.own_data.mask_encoding import Encoding, find_encoding
from iclip.own_data.mask_files import MaskContent, read_mask
from iclip.own_data.masked_image import MaskedImage
from iclip.own_data.remarks import Remarks
from iclip.progress import Progress

PairsByPart = Mapping[str, Sequence[tuple[str, str]]]

# Decoding leaves Python's lock; more threads than these wait for the disk.
MOST_THREADS = 8
# So many masks take about as long as a person likes to wait without a word.
_WITH_PROGRESS = 500


@dataclass(frozen=True)
class _Pair:
    """An image and its mask as they were read; None for what could not be.

    Attributes:
        image: The image.
        mask: The mask.
        size: Width and height of the image, upright.
        content: What the mask stores.
        fault: Why one of them cannot be read; empty if both can.
    """

    image: str
    mask: str
    size: tuple[int, int] | None
    content: MaskContent | None
    fault: str = ""


def read_masked_images(parts: PairsByPart, listed: ClassList | None, remarks: Remarks) -> ReadParts:
    """Read all masks of a data set, and find out what they stand for.

    Args:
        parts: Path of each image and of its mask, by part.
        listed: The class list; None if there is none.
        remarks: Receives what is left out: pairs that cannot be read or have different sizes.

    Raises:
        ValueError: It is not known what the masks stand for; or more pairs cannot be used than
            `Remarks` allows.
    """
    total = sum(map(len, parts.values()))
    looked_at = dict(zip(parts, _looked_at_parts(list(parts.values()), total), strict=True))
    usable = {part: list(_usable(pairs)) for part, pairs in looked_at.items()}
    _leave_out([pair for pairs in looked_at.values() for pair in pairs], total, remarks)
    contents = [content for pairs in usable.values() for _, content in pairs]
    if not contents:
        raise ValueError(f"{remarks.place}: no image has a mask that can be read")
    encoding = find_encoding(contents, listed)
    samples = {
        part: [_sample(image, content, encoding) for image, content in pairs]
        for part, pairs in usable.items()
    }
    where = () if listed is None else (f"classes from {listed.file}, in its order",)
    notes = (*where, *encoding.notes, *remarks.notes)
    return ReadParts(encoding.classes, samples, remarks.omissions(), notes)


def _looked_at_parts(
    parts: Sequence[Sequence[tuple[str, str]]], total: int
) -> Iterator[list[_Pair]]:
    """Read the pairs of each part, some at a time, in their order."""
    progress = Progress("masks", total) if total >= _WITH_PROGRESS else None

    def look(pair: tuple[str, str]) -> _Pair:
        found = _look_at(*pair)
        if progress is not None:
            progress.advance()
        return found

    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as threads:
        for pairs in parts:
            yield list(threads.map(look, pairs))


def _look_at(image: str, mask: str) -> _Pair:
    """Read the header of an image, and what its mask stores."""
    try:
        size = image_size(image, oriented=True)
    except (OSError, ValueError) as error:
        return _Pair(image, mask, None, None, f"{image}: {one_line(error)}")
    try:
        return _Pair(image, mask, size, read_mask(mask))
    except (OSError, ValueError) as error:
        return _Pair(image, mask, size, None, f"{mask}: {one_line(error, 200)}")


def _usable(pairs: Sequence[_Pair]) -> Iterator[tuple[str, MaskContent]]:
    for pair in pairs:
        if pair.content is not None and pair.size == (pair.content.width, pair.content.height):
            yield pair.image, pair.content


def _leave_out(pairs: Sequence[_Pair], total: int, remarks: Remarks) -> None:
    """Count the pairs that cannot be used."""
    unread = [pair.fault for pair in pairs if pair.size is None]
    unread_masks = [pair.fault for pair in pairs if pair.size is not None and pair.content is None]
    other_size = [
        _sizes(pair.image, pair.size, pair.content)
        for pair in pairs
        if pair.size is not None and pair.content is not None
        if pair.size != (pair.content.width, pair.content.height)
    ]
    remarks.leave_out("images that cannot be read", unread, total, "fetch them anew")
    remarks.leave_out("masks that cannot be read", unread_masks, total, "write them anew, as PNG")
    remarks.leave_out(
        "masks of another size than their image", other_size, total, "make the sizes equal"
    )


def _sizes(image: str, size: tuple[int, int], content: MaskContent) -> str:
    """Say how the sizes of an image and its mask differ."""
    told = f"{content.path}: {content.width} x {content.height}, the image {size[0]} x {size[1]}"
    stored = image_size(image, oriented=False)
    if stored != size and stored == (content.width, content.height):
        return f"{told} upright, as its EXIF data say; turn the mask, too"
    return told


def _sample(image: str, content: MaskContent, encoding: Encoding) -> MaskedImage:
    labels = encoding.labels(content)
    return MaskedImage(image, content.width, content.height, encoding.mask(content), labels)
