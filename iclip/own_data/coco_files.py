"""Where COCO's annotation files lie, which part each one holds, and where its images are."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote, urlsplit

from iclip.files.images import is_image_name
from iclip.messages import counted, listing
from iclip.own_data.data_set import TRAIN
from iclip.own_data.json_keys import keys_in
from iclip.own_data.parts import part_of
from iclip.own_data.remarks import Remarks

_KEYS = frozenset(("images", "annotations", "categories", "bbox"))
# A key that only files of panoptic segmentation have; their boxes are inside segments_info.
_PANOPTIC = "segments_info"
# A key that only LVIS's files have: the classes that an image surely lacks.
_LVIS = "neg_category_ids"
_FOLDER = "annotations"
# COCO's name of its files of boxes, beside those of key points, and Roboflow's.
_USUAL_NAMES = ("instances", "_annotations.coco")
# Names that are looked for in each folder where the images may be.
_TRIED_NAMES = 32


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
    places = [root, *(f for f in folders if f.name.lower() == _FOLDER or part_of(f.name))]
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


def image_name(image: dict[str, object]) -> str:
    """Return an image's file name as the annotation file writes it, with ``/`` between folders.

    LVIS names images by their address alone.

    Raises:
        KeyError: It has no name.
    """
    name = str(image["file_name"] if image.get("file_name") else image["coco_url"])
    if name.startswith(("http://", "https://")):
        return unquote(urlsplit(name).path).lstrip("/")
    return PureWindowsPath(name).as_posix() if "\\" in name else name


def image_files(names: Sequence[str], file: Path, part: str, remarks: Remarks) -> list[str]:
    """Return the paths of images, whose names may be relative to one of many folders.

    Args:
        names: See `image_name`.
        file: The annotation file.
        part: Its part, after which the images' folder may be named.
        remarks: Receives which folder it is.

    Raises:
        ValueError: No folder holds any of them.
    """
    if not names:
        return []
    tried = [names[position] for position in _spread(len(names))]
    folders = _image_folders(file, part)
    for shortened in (str, os.path.basename):
        wanted = [shortened(name) for name in tried]
        # The first of those that hold most.
        best = max(folders, key=lambda folder: _found(folder, wanted))
        if _found(best, wanted):
            remarks.note(f"images of {file.name} are in {best}")
            return _as_on_disk([os.path.join(best, shortened(name)) for name in names], remarks)
    places = listing([str(folder) for folder in folders], 6)
    raise ValueError(
        f"{file}: none of its images is found, such as {tried[0]!r}; looked in {places}. Put the "
        "images into one of these folders"
    )


def _is_json(name: str) -> bool:
    return name.lower().endswith(".json") and not name.startswith(".")


def _has_boxes(file: Path) -> bool:
    keys = _keys(file)
    return keys >= _KEYS and _PANOPTIC not in keys


def _keys(file: Path) -> frozenset[str]:
    return keys_in(file, _KEYS | {_PANOPTIC, _LVIS})


def _below(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)


def _spread(count: int) -> list[int]:
    """Return some positions, evenly spaced."""
    return sorted({position * count // _TRIED_NAMES for position in range(_TRIED_NAMES)})


def _image_folders(file: Path, part: str) -> list[Path]:
    """List the folders where images may be: those named after the part or the file first."""
    here = file.parent
    base = here.parent if here.name.lower() == _FOLDER else here
    below = _folders_in(base)
    inner = [folder for outer in below for folder in _folders_in(outer)]
    named = [
        folder
        for folder in [*below, *inner]
        if part_of(folder.name) == part or file.stem.endswith(f"_{folder.name}")
    ]
    return list(dict.fromkeys([here, base, *named, *below, *inner]))


def _folders_in(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        names = sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
    return [folder / name for name in names]


def _found(folder: Path, names: Sequence[str]) -> int:
    return sum(os.path.isfile(os.path.join(folder, name)) for name in names)


def unlisted_images(files: Iterable[str]) -> list[str]:
    """List the images beside others that no annotation file lists.

    Args:
        files: The listed ones.
    """
    listed = set(files)
    folders = sorted({os.path.dirname(file) for file in listed})
    beside = [
        os.path.join(f, n) for f in folders if os.path.isdir(f) for n in sorted(os.listdir(f))
    ]
    return [file for file in beside if is_image_name(file) and file not in listed]


def _as_on_disk(files: list[str], remarks: Remarks) -> list[str]:
    """Return paths in the case in which the files are on the disk, as Windows would find them."""
    names: dict[str, dict[str, str]] = {}
    other_case = []
    for position, file in enumerate(files):
        folder, name = os.path.split(file)
        if folder not in names:
            listed = os.listdir(folder) if os.path.isdir(folder) else []
            names[folder] = {**{entry.lower(): entry for entry in listed}, **{e: e for e in listed}}
        on_disk = names[folder].get(name) or names[folder].get(name.lower())
        if on_disk is not None and on_disk != name:
            files[position] = os.path.join(folder, on_disk)
            other_case.append(file)
    if other_case:
        remarks.note(
            f"{counted(len(other_case), 'image')} written in another case than on the disk "
            f"({other_case[0]})"
        )
    return files
