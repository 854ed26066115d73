"""LabelMe's format: a JSON file per image, beside it or in a folder of its own, with shapes."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iclip.files.annotations import read_json
from iclip.files.images import IMAGE_EXTENSIONS, LeftOut, files_below
from iclip.files.text import is_unicode
from iclip.own_data.coco.json_keys import keys_in
from iclip.own_data.data_set import TRAIN
from iclip.own_data.format import ReadParts
from iclip.own_data.image_sizes import sized_images
from iclip.own_data.masks.brush import brushed_runs
from iclip.own_data.masks.encoding import is_ignored
from iclip.own_data.masks.masked_image import IGNORED, MaskedImage
from iclip.own_data.masks.outlines import usable_outline
from iclip.own_data.masks.shapes import (
    Shape,
    check_any_outline,
    drawn_size,
    masked_image,
    with_background,
)
from iclip.own_data.parts import part_of
from iclip.own_data.remarks import Remarks
from iclip.own_data.stated_sizes import Size, fitting_images
from iclip.tasks import SEGMENTATION

NAME = "LabelMe"
TASKS = (SEGMENTATION,)
LOOKS_FOR = "JSON files with shapes and imagePath, one per image"

_KEYS = frozenset(("shapes", "imagePath"))
# Other JSON files may lie among them.
_TRIED_FILES = 8
# Corners of the polygon that a circle becomes.
_CORNERS_OF_CIRCLE = 72


@dataclass(frozen=True)
class _Annotation:
    """What a file says of an image.

    Attributes:
        file: The file.
        image: Path of the image.
        size: Width and height as stated; None if they are not.
        shapes: Name and outline of each object, and how it is called in a message.
    """

    file: str
    image: str
    size: Size | None
    shapes: Sequence[tuple[str, Any, str]]


def signs(root: Path) -> str | None:
    """Return the first annotation; None if there is none."""
    if not root.is_dir():
        return None
    files = list(files_below(root, _is_json))[:_TRIED_FILES]
    found = next((file for file in files if keys_in(Path(file), _KEYS) == _KEYS), None)
    return None if found is None else os.path.relpath(found, root)


def read(root: Path, task: str) -> ReadParts:
    """Read a data set; see :class:`iclip.own_data.format.Format`.

    Classes are the names of the shapes, in alphabetical order: no file lists them.
    """
    root = Path(os.path.abspath(root))
    remarks = Remarks(str(root))
    by_part = _annotations(root, remarks)
    every = [entry for of_part in by_part.values() for entry in of_part]
    names = sorted({name for entry in every for name, _, _ in entry.shapes if not is_ignored(name)})
    classes, moved = with_background(names, remarks)
    labels = {name: moved[at] for at, name in enumerate(names)}
    without: list[str] = []
    parts = {
        part: _masked_images(of_part, labels, without, remarks) for part, of_part in by_part.items()
    }
    drawn = sum(len(entry.shapes) for entry in every) - len(without)
    check_any_outline(drawn, remarks, without)
    return ReadParts(classes, parts, remarks.omissions(), tuple(remarks.notes))


def _annotations(root: Path, remarks: Remarks) -> dict[str, list[_Annotation]]:
    """Read all files, by the part that the folders on their way say."""
    by_part: dict[str, list[_Annotation]] = {}
    others = []
    for file in files_below(root, _is_json, LeftOut()):
        content = read_json(file)
        if not isinstance(content, dict) or not content.keys() >= _KEYS:
            others.append(file)
            continue
        folders = Path(file).relative_to(root).parts[:-1]
        part = next((part for name in folders if (part := part_of(name))), TRAIN)
        by_part.setdefault(part, []).append(_annotation(file, content))
    remarks.leave_out("JSON files without shapes", others)
    return by_part


def _annotation(file: str, content: Mapping[str, Any]) -> _Annotation:
    """Read one file.

    Raises:
        ValueError: Its shapes are not a list of objects with a label and points.
    """
    shapes = content["shapes"]
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise ValueError(f"{file}: shapes is not a list of objects")
    name = os.path.basename(file)
    found: list[tuple[str, Any, str]] = []
    outline: Any
    for number, shape in enumerate(shapes, start=1):
        label = str(shape.get("label", "")).strip().strip("_")
        if not label or not is_unicode(label):
            raise ValueError(f"{file}: shape {number} has no label: give it the name of a class")
        kind = shape.get("shape_type") or "polygon"
        if kind == "mask":
            outline = brushed_runs(shape.get("points"), shape.get("mask"), _size(content))
        else:
            outline = _outline(kind, shape.get("points"))
        found.append((label, outline, f"{kind} {number} of {name}"))
    return _Annotation(file, _image_of(file, str(content["imagePath"])), _size(content), found)


def _outline(kind: str, points: Any) -> list[list[float]] | None:
    """Return the polygon of a shape; None if it has no area or its points are not numbers."""
    try:
        corners = [(float(x), float(y)) for x, y in points]
    except (TypeError, ValueError, OverflowError):
        return None
    if kind == "rectangle" and len(corners) == 2:
        (left, top), (right, bottom) = corners
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    elif kind == "circle" and len(corners) == 2:
        (x, y), edge = corners
        radius = math.dist((x, y), edge)
        angles = [2 * math.pi * at / _CORNERS_OF_CIRCLE for at in range(_CORNERS_OF_CIRCLE)]
        corners = [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles]
    elif kind != "polygon":
        return None
    return [[number for corner in corners for number in corner]]


def _image_of(file: str, name: str) -> str:
    """Return the image that a file names, or the one that lies beside it with its own name."""
    folder = os.path.dirname(file)
    named = os.path.normpath(os.path.join(folder, name.replace("\\", "/")))
    stem = os.path.splitext(file)[0]
    beside = [
        f"{stem}.{extension}"
        for lower in sorted(IMAGE_EXTENSIONS)
        for extension in (lower, lower.upper())
    ]
    return next((path for path in [named, *beside] if os.path.isfile(path)), named)


def _size(content: Mapping[str, Any]) -> Size | None:
    width, height = content.get("imageWidth"), content.get("imageHeight")
    if isinstance(width, int) and isinstance(height, int):
        return width, height
    return None


def _masked_images(
    annotations: Sequence[_Annotation],
    labels: Mapping[str, int],
    without: list[str],
    remarks: Remarks,
) -> list[MaskedImage]:
    """Return the images of one part; name the objects that cannot be drawn."""
    images = sized_images([entry.image for entry in annotations], remarks)
    turns = fitting_images(images, [entry.size for entry in annotations], remarks)
    samples = []
    for at, turn in turns.items():
        image = images[at]
        assert image is not None, "only images that were read fit"
        size = drawn_size(image, turn)
        shapes = []
        for name, outline, called in annotations[at].shapes:
            usable = usable_outline(outline, *size)
            if usable is None:
                without.append(called)
            else:
                shapes.append(Shape(labels.get(name, IGNORED), usable))
        samples.append(masked_image(image, turn, shapes))
    return samples


def _is_json(name: str) -> bool:
    return name.lower().endswith(".json") and not name.startswith(".")
