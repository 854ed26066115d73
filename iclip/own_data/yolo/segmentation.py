"""YOLO's polygons, as classes of pixels."""

from pathlib import Path

from iclip.files.orientation import UPRIGHT
from iclip.own_data.class_names import ClassNames, labels_of_names
from iclip.own_data.format import ReadParts
from iclip.own_data.image_sizes import SizedImage, sized_images
from iclip.own_data.masks.masked_image import MaskedImage
from iclip.own_data.masks.outlines import usable_outline
from iclip.own_data.masks.shapes import (
    Shape,
    check_any_outline,
    masked_image,
    with_background,
)
from iclip.own_data.remarks import Remarks
from iclip.own_data.yolo.files import read_yolo_files, yolo_signs
from iclip.own_data.yolo.labels import read_objects
from iclip.own_data.yolo.lines import LabelLine
from iclip.tasks import SEGMENTATION

NAME = "YOLO"
TASKS = (SEGMENTATION,)
LOOKS_FOR = (
    "data.yaml with train, val and names, and labels with polygons; or images/ and labels/ with "
    "classes.txt beside them"
)


def signs(root: Path) -> str | None:
    """Return the description, or the pair of folders with a list of names."""
    return yolo_signs(root)


def read(root: Path, task: str) -> ReadParts:
    """Read a data set; see :class:`iclip.own_data.format.Format`."""
    remarks = Remarks(str(root))
    files = read_yolo_files(root, remarks)
    names = ClassNames()
    numbers = labels_of_names(files.names, names, files.named_by.name, remarks)
    classes, labels = with_background(names.names, remarks)
    without: list[str] = []
    parts: dict[str, list[MaskedImage]] = {}
    drawn = 0
    for part, paths in files.images.items():
        images = [image for image in sized_images(paths, remarks) if image is not None]
        objects = read_objects(images, files, part, remarks)
        parts[part] = []
        for image, lines in zip(images, objects, strict=True):
            shapes = []
            for line in lines:
                outline = _outline(line, image)
                if outline is None:
                    without.append(f"line {line.line} of {image.name}")
                else:
                    shapes.append(Shape(labels[numbers[line.label]], outline))
            drawn += len(shapes)
            parts[part].append(masked_image(image, UPRIGHT, shapes))
    check_any_outline(drawn, remarks, without)
    return ReadParts(classes, parts, remarks.omissions(), tuple(remarks.notes))


def _outline(line: LabelLine, image: SizedImage) -> list[list[float]] | None:
    """Return the polygon of a line in pixels; None for a box."""
    if not line.is_polygon:
        return None
    sides = (image.width, image.height)
    polygon = [share * sides[at % 2] for at, share in enumerate(line.numbers)]
    found: list[list[float]] | None = usable_outline([polygon], image.width, image.height)
    return found
