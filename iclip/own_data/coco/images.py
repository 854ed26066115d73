"""Where the images of COCO's annotation files are: names are relative to an unknown folder."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PureWindowsPath
from typing import Any
from urllib.parse import unquote, urlsplit

from iclip.files.images import is_image_name
from iclip.messages import counted, listing
from iclip.own_data.coco.files import FOLDER
from iclip.own_data.parts import part_of
from iclip.own_data.remarks import Remarks

# Names that are looked for in each folder where the images may be.
_TRIED_NAMES = 32


def image_name(image: Mapping[str, Any]) -> str:
    """Return an image's file name as the annotation file writes it, with ``/`` between folders.

    LVIS names images by their address alone.

    Args:
        image: An entry of the file.

    Returns:
        The name; empty if the entry states none.
    """
    name = str(image.get("file_name") or image.get("coco_url") or "")
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


def _spread(count: int) -> list[int]:
    """Return some positions, evenly spaced."""
    return sorted({position * count // _TRIED_NAMES for position in range(_TRIED_NAMES)})


def _image_folders(file: Path, part: str) -> list[Path]:
    """List the folders where images may be: those named after the part or the file first."""
    here = file.parent
    base = here.parent if here.name.lower() == FOLDER else here
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
