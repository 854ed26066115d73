"""LVIS's format: COCO's, and for each image the classes it was not fully searched for.

Its metric needs them: what is found of a class that was not looked for is not an error.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iclip.own_data.boxes import LABELS_OF_IMAGE
from iclip.own_data.coco.boxes import boxed_part
from iclip.own_data.coco.content import CocoPart, read_coco_parts
from iclip.own_data.coco.files import coco_files, is_lvis
from iclip.own_data.format import ReadParts
from iclip.tasks import DETECTION

NAME = "LVIS"
TASKS = (DETECTION,)
LOOKS_FOR = "a JSON file in COCO's form whose images have neg_category_ids"


def signs(root: Path) -> str | None:
    """Return the first annotation file of LVIS's."""
    file = next((entry.file for entry in coco_files(root) if is_lvis(entry.file)), None)
    return None if file is None else f"{file.name}, with neg_category_ids"


def read(root: Path, task: str) -> ReadParts:
    """Read a data set; see :class:`iclip.own_data.format.Format`.

    What the categories say besides id and name, such as ``frequency``, becomes ``class_details``.
    """
    found = read_coco_parts(root)
    parts = {
        part: boxed_part(content, found.remarks, [_details(content, e) for e in content.entries])
        for part, content in found.parts.items()
    }
    details = tuple(
        {key: value for key, value in category.items() if key not in ("id", "name")}
        for category in found.categories
    )
    notes = tuple(found.remarks.notes)
    return ReadParts(found.classes, parts, found.remarks.omissions(), notes, details)


def _details(part: CocoPart, entry: Mapping[str, Any]) -> dict[str, list[int]]:
    return {ours: part.labels_of(entry.get(key) or ()) for key, ours in LABELS_OF_IMAGE.items()}
