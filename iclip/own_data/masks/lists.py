"""Lists of images with their masks: a line `image mask`, as PaddleSeg and PSPNet's code have them.

``train.txt`` or ``train_list.txt``, and such lists of other parts, name the files below their own
folder. Between the names stands a blank, a tab, a comma or a semicolon. Cityscapes' masks of
training numbers have known classes.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from iclip.files.text import open_text, read_text
from iclip.messages import listing
from iclip.own_data.data_set import PARTS, TRAIN
from iclip.own_data.format import ReadParts
from iclip.own_data.masks.cityscapes_classes import class_list, kind_of_all, told
from iclip.own_data.masks.class_lists import find_class_list
from iclip.own_data.masks.survey import read_masked_images
from iclip.own_data.part_lists import Pair
from iclip.own_data.parts import part_of
from iclip.own_data.remarks import Remarks
from iclip.tasks import SEGMENTATION

NAME = "mask lists"
TASKS = (SEGMENTATION,)
LOOKS_FOR = "train.txt and val.txt (or train_list.txt), with a line `image mask` per image"

_SEPARATORS = ("\t", ",", ";")
# A line of a list is at most this long; other text files may lie beside the lists.
_LONGEST_LINE = 4096
# The first lines of a list, of which one has to name two files.
_TRIED_LINES = 8


def signs(root: Path) -> str | None:
    """Return the lists' names; None if there is none."""
    names = [file.name for files in _lists(root).values() for file in files]
    return listing(names, 3) if names else None


def read(root: Path, task: str) -> ReadParts:
    """Read the pairs of all lists.

    Raises:
        ValueError: Files that the lists name are not there; the class list has a mistake or does
            not fit the masks; or too many files cannot be used.
        OSError: A list cannot be read.
    """
    root = Path(os.path.abspath(root))
    remarks = Remarks(os.fspath(root))
    parts = {part: _pairs(files, remarks) for part, files in _lists(root).items()}
    masks = [mask for pairs in parts.values() for _, mask in pairs]
    folder = root if root.is_dir() else root.parent
    classes = find_class_list(dict.fromkeys((folder, *(Path(mask).parent for mask in masks[:1]))))
    if classes is None:
        kind = kind_of_all(masks)
        if kind is not None:
            remarks.note(told(kind))
            classes = class_list(kind)
    return read_masked_images(parts, classes, remarks)


def _lists(root: Path) -> Mapping[str, Sequence[Path]]:
    """Find the lists of each part: those of a folder, or the one that is named."""
    if not root.is_dir():
        is_list = root.suffix.lower() in (".txt", ".lst") and _names_pairs(root)
        return {TRAIN: [root]} if is_list else {}
    found: dict[str, list[Path]] = {}
    for entry in sorted(root.glob("*.txt")) + sorted(root.glob("*.lst")):
        part = part_of(entry.stem)
        if part is not None and entry.is_file() and _names_pairs(entry):
            found.setdefault(part, []).append(entry)
    return {part: found[part] for part in PARTS if part in found}


def _names_pairs(file: Path) -> bool:
    """Whether one of the first lines of a file names two files that are there."""
    try:
        with open_text(file) as opened:
            lines = [opened.readline(_LONGEST_LINE) for _ in range(_TRIED_LINES)]
    except (OSError, ValueError):
        return False
    return any(_pair_of(line, file.parent) is not None for line in lines)


def _pairs(files: Sequence[Path], remarks: Remarks) -> list[Pair]:
    """Read the lists of a part; a pair counts once."""
    pairs: dict[Pair, None] = {}
    missing, total = [], 0
    for file in files:
        lines = [line for line in read_text(file).split("\n") if line.strip()]
        total += len(lines)
        for line in lines:
            pair = _pair_of(line, file.parent)
            if pair is None:
                missing.append(f"{line.strip()} of {file.name}")
            else:
                pairs[pair] = None
    remarks.leave_out(
        "lines that do not name an image and a mask", missing, total, "correct the lists"
    )
    return list(pairs)


def _pair_of(line: str, folder: Path) -> Pair | None:
    """Return the paths that a line names; None if they are not both there.

    Names may hold blanks, so every blank is tried.
    """
    line = line.strip()[:_LONGEST_LINE]
    separator = next((mark for mark in _SEPARATORS if mark in line), None)
    if separator is not None:
        splits = [tuple(line.split(separator))]
    else:
        blanks = [at for at, character in enumerate(line) if character == " "]
        splits = [(line[:at], line[at:]) for at in blanks]
    for names in splits:
        if len(names) == 2:
            image, mask = (_file(name.strip(), folder) for name in names)
            if image is not None and mask is not None and image != mask:
                return image, mask
    return None


def _file(name: str, folder: Path) -> str | None:
    """Return the file that a list names: below its folder, or anywhere by an absolute path."""
    for written in (name, name.replace("\\", "/"), name.lstrip("/")):
        path = os.path.normpath(os.path.join(folder, written))
        if written and os.path.isfile(path):
            return path
    return None
