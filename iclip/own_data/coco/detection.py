"""COCO's format: a JSON file per part with images, annotations and categories."""

from pathlib import Path

from iclip.own_data.coco.boxes import boxed_part
from iclip.own_data.coco.content import read_coco_parts
from iclip.own_data.coco.files import coco_files, is_lvis
from iclip.own_data.format import ReadParts
from iclip.tasks import DETECTION

NAME = "COCO"
TASKS = (DETECTION,)
LOOKS_FOR = (
    "a JSON file with images, annotations (bbox) and categories: annotations/instances_train.json, "
    "train/_annotations.coco.json, or the file itself as --data"
)


def signs(root: Path) -> str | None:
    """Return the first annotation file; None if there is none, or one of LVIS's."""
    files = [entry.file for entry in coco_files(root)]
    return files[0].name if files and not any(map(is_lvis, files)) else None


def read(root: Path, task: str) -> ReadParts:
    """Read a data set; see :class:`iclip.own_data.format.Format`."""
    found = read_coco_parts(root)
    parts = {part: boxed_part(content, found.remarks) for part, content in found.parts.items()}
    return ReadParts(found.classes, parts, found.remarks.omissions(), tuple(found.remarks.notes))
