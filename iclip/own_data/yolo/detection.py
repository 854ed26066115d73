"""YOLO's format: a text file per image, with a class and a box, or a polygon, on each line."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from iclip.messages import counted
from iclip.own_data.boxes import BoxTable, boxed_images
from iclip.own_data.class_names import ClassNames, labels_of_names
from iclip.own_data.format import ReadParts
from iclip.own_data.image_sizes import SizedImage, sized_images
from iclip.own_data.remarks import Remarks
from iclip.own_data.yolo.files import read_yolo_files, yolo_signs
from iclip.own_data.yolo.labels import HINT, read_objects
from iclip.own_data.yolo.lines import LabelLine
from iclip.tasks import DETECTION

NAME = "YOLO"
TASKS = (DETECTION,)
LOOKS_FOR = (
    "data.yaml with train, val and names; or images/ and labels/ with classes.txt beside them; or "
    "CVAT's obj.data"
)
# Numbers of a polygon with four corners, which may be an oriented box.
_FOUR_CORNERS = 8


def signs(root: Path) -> str | None:
    """Return the description, or the pair of folders with a list of names."""
    return yolo_signs(root)


def read(root: Path, task: str) -> ReadParts:
    """Read a data set; see :class:`iclip.own_data.format.Format`."""
    remarks = Remarks(str(root))
    files = read_yolo_files(root, remarks)
    classes = ClassNames()
    labels = labels_of_names(files.names, classes, files.named_by.name, remarks)
    parts = {}
    for part, paths in files.images.items():
        images = [image for image in sized_images(paths, remarks) if image is not None]
        objects = read_objects(images, files, part, remarks)
        _note_polygons([line for lines in objects for line in lines], part, remarks)
        parts[part] = boxed_images(images, _table(images, objects, labels), remarks)
    if files.has_key_points:
        remarks.note("key points after the boxes are not read")
    return ReadParts(tuple(classes.names), parts, remarks.omissions(), tuple(remarks.notes))


def _table(
    images: Sequence[SizedImage], objects: Sequence[Sequence[LabelLine]], labels: Sequence[int]
) -> BoxTable:
    """Put the boxes of all images together, in pixels."""
    lines = [(at, line) for at, of_image in enumerate(objects) for line in of_image]
    rows = np.array([at for at, _ in lines], dtype=np.int64)
    shares = np.array([_box(line) for _, line in lines], dtype=float).reshape(-1, 4)
    sizes = np.array([(image.width, image.height) for image in images], dtype=float).reshape(-1, 2)
    count = len(lines)

    def name(row: int) -> str:
        at, line = lines[row]
        return f"line {line.line} of {images[at].name}"

    return BoxTable(
        images=rows,
        labels=np.array([labels[line.label] for _, line in lines], dtype=np.int64),
        boxes=shares * np.tile(sizes[rows], 2),  # N, 4
        crowd=np.zeros(count, dtype=bool),
        areas=np.full(count, np.nan),
        name=name,
        hint=HINT,
    )


def _box(line: LabelLine) -> tuple[float, float, float, float]:
    """Return left, top, width and height, in shares of the image."""
    if line.is_polygon:
        across, down = line.numbers[::2], line.numbers[1::2]
        left, top = min(across), min(down)
        return left, top, max(across) - left, max(down) - top
    x, y, width, height = line.numbers
    return x - width / 2, y - height / 2, width, height


def _note_polygons(lines: Sequence[LabelLine], part: str, remarks: Remarks) -> None:
    """Say what was made of polygons and of oriented boxes, which are written alike."""
    polygons = [line for line in lines if line.is_polygon]
    if not polygons:
        return
    are_oriented = all(len(line.numbers) == _FOUR_CORNERS for line in polygons)
    shapes = counted(
        len(polygons),
        "oriented box" if are_oriented else "polygon",
        "oriented boxes" * are_oriented,
    )
    remarks.note(f"{part}: {shapes}: the upright box around each one")
