"""Files sorted by class: a folder per class, with or without folders of the parts above.

Torchvision's rules (``ImageFolder``): a class is a folder, its files lie at any depth below it, and
classes are sorted by name. Two things differ: a class without a file is left out instead of ending
the reading, and where all names are numbers, they are sorted as numbers.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from iclip.data_summary import Omission, omissions
from iclip.files.images import LeftOut, class_entries, files_below
from iclip.files.storage import list_folder
from iclip.messages import listing, printable
from iclip.own_data.data_set import PARTS, TRAIN
from iclip.own_data.parts import part_of

IsWanted = Callable[[str], bool]
# The files of each class in a folder of classes.
FilesByClass = Mapping[str, list[str]]
# Folders that hold data of another form: detection, or segmentation with its masks.
_OTHER_FORMS = {"images", "jpegimages"}
_OUTSIDE = "files outside of a class's folder"


@dataclass(frozen=True)
class SortedFiles:
    """Files by part and class.

    Attributes:
        classes: Names of the classes; a label is an index into them.
        parts: File and label by part; ``train`` alone where the folder has no parts.
        left_out: What else lies there.
        notes: What was decided.
    """

    classes: tuple[str, ...]
    parts: dict[str, list[tuple[str, int]]]
    left_out: tuple[Omission, ...] = ()
    notes: tuple[str, ...] = ()


def class_folder_signs(root: Path, is_wanted: IsWanted) -> str | None:
    """Return what shows that a folder holds a folder per class; None if nothing does.

    Args:
        root: The folder.
        is_wanted: Whether a file counts, by its name.
    """
    if not root.is_dir():
        return None
    parts = part_folders(root, is_wanted)
    if parts:
        names = [f"{name}/" for name in parts.values()]
        return f"{listing(sorted(names))} with a folder per class in each"
    folders = class_entries(root).folders
    # COCO's train2017/ beside val2017/, images/ beside masks/, or Kaggle's train/ beside a table,
    # are not classes.
    found = [part_of(name) for name in folders]
    if len({*found} - {None}) > 1 or None not in found:
        return None
    if _OTHER_FORMS & {name.lower() for name in folders}:
        return None
    if not any(_has_file(root / name, is_wanted) for name in folders):
        return None
    return f"a folder per class: {printable(listing(folders, 3))}"


def read_class_folders(
    root: Path,
    is_wanted: IsWanted,
    things: str = "images",
    files_of: Callable[[Path, LeftOut], FilesByClass | None] = lambda folder, left_out: None,
) -> SortedFiles:
    """List the files of all classes.

    Args:
        root: The folder.
        is_wanted: Whether a file counts, by its name.
        things: What the files are, in the plural.
        files_of: Lists the files of a part's folder by class where these are not its folders; None
            where they are.

    Raises:
        ValueError: Two folders hold the same part, or no class has a file.
        OSError: A folder cannot be read.
    """
    left_out = LeftOut()
    parts = part_folders(root, is_wanted)
    if parts:
        for name in (*_files_in(root), *class_entries(root).folders):
            if name not in parts.values():
                left_out.add(name, "entries beside the folders of the parts")
    else:
        parts = {TRAIN: ""}
    found: dict[str, FilesByClass] = {}
    for part, name in parts.items():
        listed = files_of(root / name, left_out)
        found[part] = _by_folder(root / name, is_wanted, left_out) if listed is None else listed
    names = {name for files in found.values() for name in files}
    filled = {name for files in found.values() for name, listed in files.items() if listed}
    classes, note = in_class_order(filled)
    if not classes:
        raise ValueError(f"{root} has folders of classes, and none of them holds {things}")
    labels = {name: label for label, name in enumerate(classes)}
    for name in sorted(names - filled):
        left_out.add(name, f"folders of classes without {things}")
    labelled = {
        part: [(file, labels[name]) for name in classes for file in files.get(name, ())]
        for part, files in found.items()
    }
    return SortedFiles(classes, labelled, omissions(left_out), (note,) if note else ())


def in_class_order(names: Iterable[str]) -> tuple[tuple[str, ...], str]:
    """Sort names of classes; where all are numbers, by number.

    Returns:
        The names, and a note where the order is not that of texts; empty otherwise.
    """
    by_name = sorted(names)
    if not all(name.isascii() and name.isdecimal() for name in by_name):
        return tuple(by_name), ""
    by_number = sorted(by_name, key=lambda name: (int(name), name))
    if by_number == by_name:
        return tuple(by_name), ""
    moved = next(number for number, name in zip(by_number, by_name, strict=True) if number != name)
    return tuple(by_number), (
        f"the classes are numbers and sorted as such, from {by_number[0]} to {by_number[-1]}: "
        f"torchvision sorts them as texts, in which {moved} comes later"
    )


def part_folders(root: Path, is_wanted: IsWanted) -> dict[str, str]:
    """Find the folders of the parts below a root.

    A folder called ``train`` is a class if files lie in it, and the training part if they lie in
    folders of it. So is one of another part, if all folders beside it are of parts: data to
    evaluate a model on may have no training part.

    Returns:
        Names of the folders by part; empty if the root's folders are classes.

    Raises:
        ValueError: Two folders hold the same part.
    """
    named = [(part_of(name), name) for name in class_entries(root).folders]
    split = [(part, name) for part, name in named if _holds_folders_only(root / name, is_wanted)]
    has_parts_only = split == named and all(part is not None for part, _ in named)
    if not any(part == TRAIN for part, _ in split) and not has_parts_only:
        return {}
    parts: dict[str, str] = {}
    for part, name in named:
        if part in parts:
            raise ValueError(
                f"{root} has two folders for {part}, {parts[part]}/ and {name}/: leave one, or put "
                "their files together"
            )
        if part is not None:
            parts[part] = name
    return {part: parts[part] for part in PARTS if part in parts}


def _holds_folders_only(folder: Path, is_wanted: IsWanted) -> bool:
    """Whether a folder holds folders, and no wanted file beside them."""
    with os.scandir(folder) as entries:
        visible = [entry for entry in entries if not entry.name.startswith(".")]
    has_folder = any(entry.is_dir() for entry in visible)
    return has_folder and not any(e.is_file() and is_wanted(e.name) for e in visible)


def _has_file(folder: Path, is_wanted: IsWanted) -> bool:
    """Whether a wanted file lies below a folder; the walk ends with the first one."""
    return any(is_wanted(file) for _, _, files in os.walk(folder) for file in files)


def _by_folder(folder: Path, is_wanted: IsWanted, left_out: LeftOut) -> dict[str, list[str]]:
    """List the files of each class folder; files beside the folders have no class."""
    for name in _files_in(folder):
        left_out.add(os.path.join(folder, name), _OUTSIDE if is_wanted(name) else None)
    return {
        name: list(files_below(folder / name, is_wanted, left_out))
        for name in class_entries(folder).folders
    }


def _files_in(folder: Path) -> list[str]:
    return [name for name, is_folder in list_folder(folder) if not is_folder]
