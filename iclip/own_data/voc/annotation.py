"""Pascal VOC's XML files: one image and its objects."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

from iclip.files.stored_file import open_regular

_SIDES = ("xmin", "ymin", "xmax", "ymax")
# The annotation of one image; more is another file.
_MAX_BYTES = 16 * 2**20


@dataclass(frozen=True)
class VocObject:
    """An object.

    Attributes:
        name: Its class.
        corners: xmin, ymin, xmax, ymax as they are written.
        difficult: Whether it is marked as hard to recognize.
    """

    name: str
    corners: tuple[float, float, float, float]
    difficult: bool


@dataclass(frozen=True)
class VocAnnotation:
    """What a file says.

    Attributes:
        filename: Name of the image; empty if it is not stated.
        size: Width and height in pixels; None if they are not stated.
        objects: Those with a box and a name.
        malformed: How many have none.
    """

    filename: str
    size: tuple[int, int] | None
    objects: tuple[VocObject, ...]
    malformed: int


class _WithoutDoctype(ElementTree.TreeBuilder):
    """Refuse a document type, in which a file of some bytes may declare gigabytes of text."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("it declares a document type, which an annotation does not need")


def read_annotation(file: str) -> VocAnnotation:
    """Read an annotation.

    Raises:
        ValueError: It is not one; the message names it.
        OSError: It cannot be read.
    """
    with open(open_regular(file), "rb") as opened:
        content = opened.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ValueError(f"{file} has more than {_MAX_BYTES:,} bytes: it is not of one image")
    try:
        parser = ElementTree.XMLParser(target=_WithoutDoctype())
        root = ElementTree.fromstring(content, parser)
    # An encoding that nobody knows is a LookupError.
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ValueError(f"{file} is not an annotation: {error}") from error
    if root.tag != "annotation":
        raise ValueError(f"{file} is not an annotation: it starts with <{root.tag[:40]}>")
    objects = [_object(entry) for entry in root.findall("object")]
    kept = tuple(entry for entry in objects if entry is not None)
    return VocAnnotation(_text(root, "filename"), _size(root), kept, len(objects) - len(kept))


def _object(entry: ElementTree.Element) -> VocObject | None:
    box, name = entry.find("bndbox"), _text(entry, "name")
    if box is None or not name:
        return None
    try:
        left, top, right, bottom = (float(_text(box, side)) for side in _SIDES)
    except ValueError:
        return None
    return VocObject(name, (left, top, right, bottom), _text(entry, "difficult") == "1")


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    """Return the stated size; tools that do not know it leave it out or write zeros."""
    size = root.find("size")
    if size is None:
        return None
    try:
        width, height = int(float(_text(size, "width"))), int(float(_text(size, "height")))
    except (ValueError, OverflowError):
        return None
    return (width, height) if width > 0 and height > 0 else None


def _text(entry: ElementTree.Element, tag: str) -> str:
    return (entry.findtext(tag) or "").strip()
