"""Classification: a table of images and labels (CSV, TSV), with or without a header.

Labels are names or numbers. A table with a column per class, as Roboflow writes it into the folder
of each part, is read where each image has one class.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from iclip.files.images import IMAGE_EXTENSIONS
from iclip.files.storage import list_folder
from iclip.files.tables import TableFile
from iclip.messages import printable
from iclip.own_data.class_folders import in_class_order
from iclip.own_data.data_set import TRAIN
from iclip.own_data.format import ReadParts
from iclip.own_data.images_by_class.columns import Columns, FirstRows, columns_of, first_rows
from iclip.own_data.images_by_class.labelled_file import readable_files
from iclip.own_data.parts import part_of
from iclip.own_data.remarks import Remarks
from iclip.tasks import CLASSIFICATION

NAME = "CSV"
TASKS = (CLASSIFICATION,)
LOOKS_FOR = (
    "a table (.csv, .tsv) of images and labels, with a column split, or a table per part, in the "
    "folder or in train/ and val/"
)

_SUFFIXES = (".csv", ".tsv")
# Rows that are left out, by kind, and what to do about many of them.
_NO_PART, _NO_SINGLE_CLASS = "rows of an unknown part", "rows with several classes, or none"
_MISSING, _SECOND_CLASS = "rows whose image is missing", "rows with a second class of an image"
_FAULTS = {
    _NO_PART: "call the parts train, val and test",
    _NO_SINGLE_CLASS: "a classifier learns one class per image",
    _MISSING: "images are looked for beside the table and in the folders beside it",
    _SECOND_CLASS: "correct them",
}


class ImagePlaces:
    """Finds the images that a table names: beside it, or in a folder beside it.

    Args:
        start: The beginning of the table.
    """

    def __init__(self, start: FirstRows) -> None:
        folder = start.path.parent
        inside = [folder / name for name, is_folder in list_folder(folder) if is_folder]
        suffixes = [""] if start.suffixed else [*map(".{}".format, sorted(IMAGE_EXTENSIONS))]
        suffixes += [suffix.upper() for suffix in suffixes if suffix]
        self._places = [(os.fspath(place), end) for place in (folder, *inside) for end in suffixes]
        # The place of most of the first images comes first.
        found = {place: sum(_is_at(place, name) for name in start.files) for place in self._places}
        self._places.sort(key=lambda place: -found[place])
        self.finds_any = any(found.values())

    def find(self, name: str) -> str | None:
        """Return the path of an image; None if it is nowhere."""
        return next((_path(place, name) for place in self._places if _is_at(place, name)), None)


def signs(root: Path) -> str | None:
    """Look for a table whose first rows name images."""
    for path in _tables(root):
        try:
            start = first_rows(path)
        except (OSError, ValueError):
            continue
        if start is not None and (start.suffixed or ImagePlaces(start).finds_any):
            return f"{path.name}, whose column {start.names[start.file]!r} names images"
    return None


def read(root: Path, task: str) -> ReadParts:
    """Read a table, or the tables of the parts.

    Raises:
        ValueError: No column holds labels, or more than a tenth of the rows or images are at fault.
        OSError: A table cannot be read.
    """
    remarks = Remarks(os.fspath(root))
    rows: dict[str, list[tuple[str, str]]] = {}
    for path in _tables(root):
        start = first_rows(path)
        if start is None:
            remarks.leave_out("tables that name no images", [path.name])
            continue
        whole = part_of(path.stem) or _part_of_folder(path, root) or TRAIN
        for part, found in _by_part(start, whole, remarks).items():
            rows.setdefault(part, []).extend(found)
    classes, note = in_class_order({label for found in rows.values() for _, label in found})
    if note:
        remarks.note(note)
    labels = {name: label for label, name in enumerate(classes)}
    parts = {
        part: readable_files([(file, labels[label]) for file, label in found], remarks)
        for part, found in rows.items()
    }
    return ReadParts(classes, parts, remarks.omissions(), tuple(remarks.notes))


def _tables(root: Path) -> list[Path]:
    """List the tables: the root itself, or those in it and in its folders of parts."""
    if root.is_file():
        return [root] if root.suffix.lower() in _SUFFIXES else []
    parts = [root / name for name, is_folder in list_folder(root) if is_folder and part_of(name)]
    return [
        folder / name
        for folder in (root, *parts)
        for name, is_folder in list_folder(folder)
        if not is_folder and Path(name).suffix.lower() in _SUFFIXES
    ]


def _part_of_folder(table: Path, root: Path) -> str | None:
    """Return the part that a table's folder holds; None of a table that is not in one."""
    return part_of(table.parent.name) if table.parent.parent == root else None


def _by_part(start: FirstRows, whole: str, remarks: Remarks) -> dict[str, list[tuple[str, str]]]:
    """Read the images of a table, with the name of their class, by part.

    Args:
        start: The beginning of the table.
        whole: The part of all its rows, where no column says it.
        remarks: Receives rows that are left out, and how the table was read.
    """
    columns, places = columns_of(start), ImagePlaces(start)
    table = TableFile(start.path, columns.read, separator=start.separator)
    found: dict[str, dict[str, str]] = {}
    faulty: dict[str, list[str]] = {fault: [] for fault in _FAULTS}
    total = 0
    for number, (name, *values) in _rows(table, start, columns):
        total += 1
        row = f"{start.path.name}, line {number}: {name}"
        part = part_of(values.pop(0)) if columns.part is not None else whole
        label, file = _label(columns, values), places.find(name)
        if part is None:
            faulty[_NO_PART].append(row)
        elif label is None:
            faulty[_NO_SINGLE_CLASS].append(row)
        elif file is None:
            faulty[_MISSING].append(row)
        elif found.setdefault(part, {}).setdefault(file, label) != label:
            faulty[_SECOND_CLASS].append(row)
    for fault, rows in faulty.items():
        remarks.leave_out(fault, rows, total, _FAULTS[fault])
    for fault, count in table.faults.counts.items():
        example = f"{start.path.name}, line {table.faults.lines[fault][0]}"
        remarks.leave_out(fault, [example] * count, total, "correct them")
    labels = "a column per class" if columns.label is None else f"column {columns.label!r}"
    read = f"files in column {columns.file!r}, labels in {labels}"
    header = "" if start.has_header else "no header, "
    remarks.note(printable(f"{start.path.name} ({table.dialect}): {header}{read}"))
    return {part: list(labelled.items()) for part, labelled in found.items()}


def _rows(
    table: TableFile, start: FirstRows, columns: Columns
) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the rows' numbers and fields; a first row that is not a header is one of them."""
    if not start.has_header:
        yield 1, columns.read
    yield from table


def _label(columns: Columns, values: Sequence[str]) -> str | None:
    """Return the class of a row; None if it has several, or none."""
    if columns.label is not None:
        return values[0].strip()
    flags = zip(columns.classes, values, strict=True)
    chosen = [name for name, flag in flags if flag.strip() == "1"]
    return chosen[0] if len(chosen) == 1 else None


def _path(place: tuple[str, str], name: str) -> str:
    folder, suffix = place
    # Windows writes folders with backslashes.
    name = name.strip() + suffix
    path = os.path.join(folder, name)
    if "\\" in name and not os.path.isfile(path):
        return os.path.join(folder, name.replace("\\", "/"))
    return path


def _is_at(place: tuple[str, str], name: str) -> bool:
    return os.path.isfile(_path(place, name))
