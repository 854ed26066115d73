"""Files of captions: Karpathy's JSON, COCO's captions JSON, and clip_benchmark's CSV.

Validation during training and the evaluation of a checkpoint read them through this module. An
entry that does not fit is an error that names its place. Nothing is repaired: a repaired caption
would be another caption.
"""

import csv
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iclip.files.annotations import read_json
from iclip.files.text import is_unicode, open_text
from iclip.messages import counted, listing

_FORM = (
    'it is neither Karpathy\'s JSON, {"images": [{"filename": ..., "split": ..., "sentences": '
    '[{"raw": ...}]}]}, nor COCO\'s captions'
)


@dataclass
class CaptionedImage:
    """An image and its captions.

    Attributes:
        file: Path below the folder of the images.
        captions: The captions that are not blank.
        blank: Places of the blank captions in the file.
    """

    file: str
    captions: list[str] = field(default_factory=list)
    blank: list[str] = field(default_factory=list)

    def add(self, caption: Any, place: str) -> None:
        """Add a caption.

        Raises:
            ValueError: It is not a text.
        """
        if not isinstance(caption, str) or not is_unicode(caption):
            raise ValueError(f"{place} ({self.file}): the caption is {caption!r}, not a text")
        if caption.strip():
            self.captions.append(caption)
        else:
            self.blank.append(place)


@dataclass(frozen=True)
class CaptionFile:
    """The images of one split.

    Attributes:
        path: The file.
        images: The images of the split, in the file's order.
        splits: Number of images per split; empty where the format has no splits.
    """

    path: str | Path
    images: tuple[CaptionedImage, ...]
    splits: Mapping[str, int]

    def check_captions(self) -> None:
        """Check that each image has a caption.

        Raises:
            ValueError: Images have none; the message names them.
        """
        uncaptioned = [image.file for image in self.images if not image.captions]
        if uncaptioned:
            raise ValueError(
                f"{self.path}: {counted(len(uncaptioned), 'image')} of {len(self.images)} without "
                f"a caption: {listing(uncaptioned, 3)}"
            )


def read_caption_file(path: Path) -> CaptionFile:
    """Read the test images of a file in any of the formats; only Karpathy's has other splits.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It has another format, or an entry or a line does not fit; the message says
            where.
    """
    if path.suffix.lower() in (".txt", ".csv"):
        return CaptionFile(path, tuple(_from_csv(path)), {})
    content = read_json(path)
    if isinstance(content, dict) and isinstance(content.get("annotations"), list):
        return CaptionFile(path, tuple(_from_coco(path, content)), {})
    return _from_karpathy(path, content, "test")


def read_karpathy(path: str | Path, split: str) -> CaptionFile:
    """Read one split of a file in Karpathy's format.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It has another format or no such split, or an entry does not fit; the message
            says where.
    """
    return _from_karpathy(path, read_json(path), split)


def _from_karpathy(path: str | Path, content: Any, split: str) -> CaptionFile:
    """Take the images of a split, at least one, and count those of all splits."""
    found: dict[str, CaptionedImage] = {}
    splits: Counter[str] = Counter()
    for place, entry in _images(path, content):
        own_split = _get(entry, "split", str, place)
        splits[own_split] += 1
        if own_split == split:
            image = _karpathy_image(entry, place)
            if image.file in found:
                raise ValueError(f"{place}: {image.file} is listed twice")
            found[image.file] = image
    if not found:
        there = ", ".join(f"{count} in {name!r}" for name, count in splits.items())
        raise ValueError(f"{path} has no image in split={split!r}; it has {there or 'no image'}")
    return CaptionFile(path, tuple(found.values()), dict(splits))


def _karpathy_image(entry: Mapping[str, Any], place: str) -> CaptionedImage:
    name = _get(entry, "filename", str, place)
    # MS-COCO's entries have a filepath, such as val2014; Flickr30K's have none.
    folder = entry.get("filepath") or ""
    if not isinstance(folder, str):
        raise ValueError(f"{place} ({name}): the filepath is {folder!r}, not a text")
    image = CaptionedImage(os.path.join(folder, name))
    for sentence in _get(entry, "sentences", list, place):
        image.add(_get(sentence, "raw", object, place), place)
    return image


def _from_coco(path: Path, content: Mapping[str, Any]) -> Iterator[CaptionedImage]:
    """Join the list of images and the list of captions, which refer to images by id."""
    found: dict[int | str, CaptionedImage] = {}
    for place, entry in _images(path, content):
        id, name = _get(entry, "id", int | str, place), _get(entry, "file_name", str, place)
        if id in found:
            raise ValueError(f"{place}: the id {id!r} is also that of {found[id].file}")
        found[id] = CaptionedImage(name)
    repeated = len(found) - len({image.file for image in found.values()})
    if repeated:
        raise ValueError(f"{path}: {counted(repeated, 'image')} listed twice")
    for number, annotation in enumerate(content["annotations"]):
        place = f"{path}: annotations[{number}]"
        id = _get(annotation, "image_id", int | str, place)
        if id not in found:
            raise ValueError(f"{place}: no image has the id {id!r}")
        found[id].add(_get(annotation, "caption", object, place), place)
    yield from found.values()


def _from_csv(path: Path) -> Iterator[CaptionedImage]:
    """Read lines ``image,caption`` under a header; a caption that holds a comma is in quotes."""
    found: dict[str, CaptionedImage] = {}
    with open_text(path, newline="") as file:
        rows = csv.reader(file, strict=True)
        try:
            header = next(rows, [])
            if len(header) != 2:
                raise ValueError(
                    f"{path}:1: {counted(len(header), 'field')} where 'image,caption' is expected"
                )
            # csv gives an empty row for a blank line.
            for row in filter(None, rows):
                place = f"{path}:{rows.line_num}"
                if len(row) != 2:
                    raise ValueError(
                        f"{place}: {counted(len(row), 'field')} where 2 are expected, image and "
                        "caption: put captions that hold a comma in double quotes"
                    )
                found.setdefault(row[0], CaptionedImage(row[0])).add(row[1], place)
        except csv.Error as error:
            raise ValueError(f"{path}:{rows.line_num}: not CSV ({error})") from error
    yield from found.values()


def _images(path: str | Path, content: Any) -> Iterator[tuple[str, Any]]:
    """Yield the entries of the list of images with their places."""
    images = content.get("images") if isinstance(content, Mapping) else None
    if not isinstance(images, list):
        raise ValueError(f"{path} has no list 'images': {_FORM}")
    for number, entry in enumerate(images):
        yield f"{path}: images[{number}]", entry


def _get(entry: Any, key: str, kind: Any, place: str) -> Any:
    """Return the value of a key, which must exist and be of the type ``kind``."""
    if isinstance(entry, Mapping) and key in entry and isinstance(entry[key], kind):
        return entry[key]
    found = entry.get(key) if isinstance(entry, Mapping) else entry
    raise ValueError(f"{place}: its {key!r} is {str(found)[:60]!r}: {_FORM}")
