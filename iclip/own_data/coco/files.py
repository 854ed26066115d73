"""Where COCO's annotation files lie, and which part each one holds."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from iclip.messages import counted, listing
from iclip.own_data.coco.json_keys import keys_in
from iclip.own_data.data_set import TRAIN
from iclip.own_data.parts import part_of
from iclip.own_data.remarks import Remarks

_KEYS = frozenset(("images", "annotations", "categories", "bbox"))
# A key that only files of panoptic segmentation have; their boxes are inside segments_info.
_PANOPTIC = "segments_info"
# A key that only LVIS's files have: the classes that an image surely lacks.
_LVIS = "neg_category_ids"
FOLDER = "annotations"
# COCO's name of its files of boxes, beside those of key points, and Roboflow's.
_USUAL_NAMES = ("instances", "_annotations.coco")


@dataclass(frozen=True)
class CocoFile:
    """An annotation file.

    Attributes:
        file: Its path.
        part: ``train``, ``val`` or ``test``; None if no name says it.
    """

    file: Path
    part: str | None


def coco_files(root: Path) -> list[CocoFile]:
    """List the annotation files with boxes: in a folder, its ``annotations``, and its parts.

    Args:
        root: The folder, or one annotation file.
    """
    if root.is_file():
        return [CocoFile(root, None)] if _is_json(root.name) and _has_boxes(root) else []
    folders = [entry for entry in sorted(root.iterdir()) if entry.is_dir()]
    places = [root, *(f for f in folders if f.name.lower() == FOLDER or part_of(f.name))]
    found = []
    for place in places:
        part = None if place == root else part_of(place.name)
        files = [place / name for name in sorted(os.listdir(place)) if _is_json(name)]
        found += [CocoFile(f, part or part_of(f.stem)) for f in files if _has_boxes(f)]
    return found


def is_lvis(file: Path) -> bool:
    """Whether an annotation file is LVIS's."""
    return _LVIS in _keys(file)


def file_of_each_part(files: Sequence[CocoFile], root: Path, remarks: Remarks) -> dict[str, Path]:
    """Choose one annotation file for each part.

    A single file that says of no part is ``train``. Where COCO's own names are among several files
    of a part, the others, such as those of key points, are passed over.

    Raises:
        ValueError: Several files may be meant.
    """
    by_part: dict[str | None, list[Path]] = {}
    for entry in files:
        by_part.setdefault(entry.part, []).append(entry.file)
    chosen: dict[str, Path] = {}
    for part, candidates in by_part.items():
        usual = [file for file in candidates if file.name.startswith(_USUAL_NAMES)]
        taken = usual if usual and len(candidates) > 1 else candidates
        remarks.leave_out(
            "annotation files beside those of boxes",
            [_below(file, root) for file in candidates if file not in taken],
        )
        if part is None and TRAIN in by_part:
            remarks.leave_out("annotation files of no part", [_below(f, root) for f in taken])
            continue
        if len(taken) > 1:
            names = listing([_below(file, root) for file in taken])
            of = f"{part}" if part is not None else "no part (train, val or test) in their names"
            raise ValueError(
                f"{root} has {counted(len(taken), 'annotation file')} of {of}: {names}. Keep one "
                f"of them there, or name it: --data {taken[0]}"
            )
        chosen[part or TRAIN] = taken[0]
    return chosen


def _is_json(name: str) -> bool:
    return name.lower().endswith(".json") and not name.startswith(".")


def _has_boxes(file: Path) -> bool:
    keys = _keys(file)
    return keys >= _KEYS and _PANOPTIC not in keys


def _keys(file: Path) -> frozenset[str]:
    return keys_in(file, _KEYS | {_PANOPTIC, _LVIS})


def _below(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
