"""COCO's polygons and masks of objects, as classes of pixels."""

from collections.abc import Mapping
from pathlib import Path

from iclip.own_data.coco.content import CocoPart, read_coco_parts
from iclip.own_data.coco.files import coco_files
from iclip.own_data.format import ReadParts
from iclip.own_data.masks.outlines import usable_outline
from iclip.own_data.masks.shapes import (
    Shape,
    check_any_outline,
    drawn_size,
    masked_image,
    with_background,
)
from iclip.tasks import SEGMENTATION

NAME = "COCO"
TASKS = (SEGMENTATION,)
LOOKS_FOR = (
    "a JSON file with images, annotations (segmentation) and categories: "
    "annotations/instances_train.json, train/_annotations.coco.json, or the file itself as --data"
)


def signs(root: Path) -> str | None:
    """Return the first annotation file; None if there is none."""
    files = coco_files(root)
    return files[0].file.name if files else None


def read(root: Path, task: str) -> ReadParts:
    """Read a data set; see :class:`iclip.own_data.format.Format`."""
    found = read_coco_parts(root)
    classes, labels = with_background(found.classes, found.remarks)
    without: list[str] = []
    parts = {}
    drawn = 0
    for part, content in found.parts.items():
        shapes = _shapes_by_image(content, labels, without)
        drawn += sum(map(len, shapes))
        parts[part] = [
            masked_image(image, turn, of_image)
            for image, turn, of_image in zip(content.images, content.turns, shapes, strict=True)
        ]
    check_any_outline(drawn, found.remarks, without)
    return ReadParts(classes, parts, found.remarks.omissions(), tuple(found.remarks.notes))


def _shapes_by_image(
    content: CocoPart, labels: Mapping[int, int], without: list[str]
) -> list[list[Shape]]:
    """Collect the outlines of each image; name the objects without one."""
    shapes: list[list[Shape]] = [[] for _ in content.images]
    for at, (annotation, row, label) in enumerate(
        zip(content.objects, content.rows, content.labels, strict=True)
    ):
        size = drawn_size(content.images[row], content.turns[row])
        outline = usable_outline(annotation.get("segmentation"), *size)
        if outline is None:
            without.append(content.name(at))
        else:
            shapes[row].append(Shape(labels[label], outline))
    return shapes
