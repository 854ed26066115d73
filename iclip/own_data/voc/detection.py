"""Pascal VOC's format: an XML file per image, with its objects."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iclip.messages import counted, one_line
from iclip.own_data.boxes import BoxTable, boxed_images
from iclip.own_data.class_names import ClassNames
from iclip.own_data.format import ReadParts
from iclip.own_data.image_sizes import (
    SECONDS_BEFORE_FIRST_REPORT,
    SizedImage,
    sized_images,
)
from iclip.own_data.remarks import Remarks
from iclip.own_data.stated_sizes import fitting_images
from iclip.own_data.turned_boxes import turn_boxes_of
from iclip.own_data.voc.annotation import VocAnnotation, read_annotation
from iclip.own_data.voc.files import ImagesByName, find_voc_files, voc_signs
from iclip.progress import Progress
from iclip.tasks import DETECTION

NAME = "Pascal VOC"
TASKS = (DETECTION,)
LOOKS_FOR = "XML files with <annotation> in Annotations/, beside JPEGImages/, or beside the images"

_HINT = "bndbox is xmin, ymin, xmax, ymax in pixels"


@dataclass(frozen=True)
class _Part:
    """Images of one part with their annotations and how these are turned.

    Attributes:
        images: Those that can be read and have the annotated size.
        annotations: The annotation of each of them.
        turns: By which orientation each annotation is to be turned.
        annotated: Paths of all images that have an annotation file.
    """

    images: Sequence[SizedImage]
    annotations: Sequence[VocAnnotation]
    turns: Sequence[int]
    annotated: frozenset[str]


def signs(root: Path) -> str | None:
    """Return an annotation of the data set."""
    return voc_signs(root)


def read(root: Path, task: str) -> ReadParts:
    """Read a data set; see :class:`iclip.own_data.format.Format`.

    Classes are the names of the objects, in alphabetical order: no file lists them.
    """
    remarks = Remarks(str(root))
    files = find_voc_files(root, remarks)
    parts = {
        part: _read_part(annotations, files.images, remarks)
        for part, annotations in files.annotations.items()
    }
    if not files.has_lists:
        annotated = frozenset[str]().union(*(part.annotated for part in parts.values()))
        without = [image for image in files.images.files if image not in annotated]
        remarks.leave_out("images without an annotation", without)
    everything = [entry for part in parts.values() for entry in part.annotations]
    classes = ClassNames()
    for name in sorted({object.name for entry in everything for object in entry.objects}):
        classes.label(name)
    start = _first_pixel(everything, remarks)
    difficult = sum(object.difficult for entry in everything for object in entry.objects)
    if difficult:
        remarks.note(
            f"{counted(difficult, 'box', 'boxes')} difficult: neither learned nor counted as missed"
        )
    boxed = {
        part: boxed_images(content.images, _table(content, classes, start), remarks)
        for part, content in parts.items()
    }
    return ReadParts(tuple(classes.names), boxed, remarks.omissions(), tuple(remarks.notes))


def _read_part(files: Sequence[str], by_name: ImagesByName, remarks: Remarks) -> _Part:
    """Read the annotations of one part, and find the images."""
    paths, annotations, annotated, broken, lost = [], [], [], [], []
    progress = Progress(
        "annotations", len(files), interval=SECONDS_BEFORE_FIRST_REPORT, patient=True
    )
    for file in files:
        progress.advance()
        try:
            annotation = read_annotation(file)
        except ValueError as error:
            broken.append(one_line(error, 200))
            annotated.append(by_name.find(file, ""))
            continue
        image = by_name.find(file, annotation.filename)
        if image is None:
            lost.append(file)
            continue
        paths.append(image)
        annotations.append(annotation)
    total = len(files)
    remarks.leave_out("annotations that cannot be read", broken, total, "correct or remove them")
    remarks.leave_out("annotations without their image", lost, total, "fetch the images")
    without_box = [
        paths[at] for at, entry in enumerate(annotations) for _ in range(entry.malformed)
    ]
    objects = sum(len(entry.objects) + entry.malformed for entry in annotations)
    remarks.leave_out("objects without a name or bndbox", without_box, objects, _HINT)
    images = sized_images(paths, remarks)
    turns = fitting_images(images, [entry.size for entry in annotations], remarks)
    return _Part(
        [image for at, image in enumerate(images) if image is not None and at in turns],
        [annotations[at] for at in turns],
        list(turns.values()),
        frozenset([*paths, *filter(None, annotated)]),
    )


def _first_pixel(annotations: Sequence[VocAnnotation], remarks: Remarks) -> int:
    """Return the coordinate of the first pixel: 1 in VOC's own files, 0 in those of some tools.

    A box from 1 to 1 covers one pixel in VOC's own files. Where a coordinate is below 1, or is not
    a whole number, coordinates are those of edges.
    """
    corners = [c for entry in annotations for object in entry.objects for c in object.corners]
    # NaN and infinite ones are left out later, with their boxes.
    finite = [corner for corner in corners if math.isfinite(corner)]
    if all(corner >= 1 and float(corner).is_integer() for corner in finite):
        remarks.note("coordinates count from 1, as VOC's do: xmin and ymin are lowered by 1")
        return 1
    remarks.note(
        "coordinates count from 0, since some are below 1 or not whole: they are taken as they are"
    )
    return 0


def _table(part: _Part, classes: ClassNames, first_pixel: int) -> BoxTable:
    """Put the boxes of all images together."""
    objects = [
        (at, number, object)
        for at, entry in enumerate(part.annotations)
        for number, object in enumerate(entry.objects, start=1)
    ]
    rows = np.array([at for at, _, _ in objects], dtype=np.int64)
    corners = np.array([object.corners for _, _, object in objects], dtype=float).reshape(-1, 4)
    corners[:, :2] -= first_pixel
    boxes = np.concatenate((corners[:, :2], corners[:, 2:] - corners[:, :2]), axis=1)
    turn_boxes_of(boxes, rows, part.images, part.turns)

    def name(row: int) -> str:
        at, number, _ = objects[row]
        return f"object {number} of {part.images[at].name}"

    return BoxTable(
        images=rows,
        labels=np.array([classes.label(object.name) for _, _, object in objects], dtype=np.int64),
        boxes=boxes,
        crowd=np.array([object.difficult for _, _, object in objects], dtype=bool),
        areas=np.full(len(objects), np.nan),
        name=name,
        hint=_HINT,
    )
