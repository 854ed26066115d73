"""What the columns of a table of images hold, told by its first rows.

The content decides which column holds the files: the one whose fields are names of images, or names
that become those of images by an extension, as Kaggle's ``id`` does.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from iclip.files.images import is_image_name
from iclip.files.tables import SEPARATORS, excel_separator
from iclip.files.text import open_text
from iclip.messages import listing
from iclip.own_data.parts import part_of

# Names of columns; of several, the first one here is taken.
_FILES = ("file", "filename", "file_name", "filepath", "file_path", "path", "image", "image_path",
          "image_name", "image_id", "img", "id")  # fmt: skip
_LABELS = ("class_name", "label_name", "class", "label", "category", "target", "labels", "species",
           "breed", "diagnosis", "class_id", "label_id", "y")  # fmt: skip
_PARTS = ("split", "part", "subset", "set", "dataset", "fold")
# Rows that tell what the columns hold.
_PROBED_ROWS = 20


@dataclass(frozen=True)
class FirstRows:
    """The beginning of a table.

    Attributes:
        path: The table.
        separator: Separates the fields.
        names: Names of the columns; the first row's fields where there is no header.
        rows: The rows behind the header, or all of them.
        file: Number of the column that holds the files.
        has_header: Whether the first row names the columns.
        suffixed: Whether the files are named with their extensions.
    """

    path: Path
    separator: str
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    file: int
    has_header: bool
    suffixed: bool

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the first files."""
        return tuple(row[self.file] for row in self.rows)


@dataclass(frozen=True)
class Columns:
    """The columns that are read.

    Attributes:
        file: The column of the files.
        label: The column of the labels; None where there is a column per class.
        part: The column of the parts; None without one.
        classes: The columns of the classes, where there is one per class.
    """

    file: str
    label: str | None
    part: str | None
    classes: tuple[str, ...] = ()

    @property
    def read(self) -> tuple[str, ...]:
        """Names of the columns: the file, the part if there is one, and the label or classes."""
        part = () if self.part is None else (self.part,)
        return (self.file, *part, *(self.classes if self.label is None else (self.label,)))


def first_rows(path: Path) -> FirstRows | None:
    """Read the beginning of a table; None if none of its columns names files.

    Raises:
        ValueError: The file is not text.
        OSError: It cannot be read.
    """
    with open_text(path, newline="") as file:
        lines = list(islice(file, _PROBED_ROWS))
    stated = excel_separator(lines[0]) if lines else None
    if stated is not None:
        lines = lines[1:]
    found = [_split(path, lines, s) for s in ([stated] if stated else SEPARATORS)]
    # Files with extensions prove more than a column's name.
    known = sorted(filter(None, found), key=lambda rows: not rows.suffixed)
    return known[0] if known else None


def columns_of(start: FirstRows) -> Columns:
    """Tell which columns hold the labels and the parts.

    Raises:
        ValueError: No column is known to hold labels.
    """
    names = start.names
    others = [place for place in range(len(names)) if place != start.file]
    part = _part_column(start, others)
    others = [place for place in others if place != part]
    label = _named(names, others, _LABELS) if start.has_header else None
    if label is None and len(others) == 1:
        label = others[0]
    file, part_name = names[start.file], None if part is None else names[part]
    if label is not None:
        return Columns(file, names[label], part_name)
    if start.has_header and others and _are_flags(start.rows, others):
        return Columns(file, None, part_name, tuple(names[place] for place in others))
    raise ValueError(
        f"{start.path} has {len(names)} columns ({listing(names, 5)}), and none is known to hold "
        "the labels: give it a first row that calls the column of the files 'file' and that of "
        "the labels 'label'"
    )


def _split(path: Path, lines: Sequence[str], separator: str) -> FirstRows | None:
    """Split the first lines at a separator, and find the column of the files."""
    try:
        rows = [tuple(map(str.strip, row)) for row in csv.reader(lines, delimiter=separator) if row]
    except csv.Error:
        return None
    if not rows or len(rows[0]) < 2:
        return None
    whole = [row for row in rows if len(row) == len(rows[0])]
    has_header = not any(map(is_image_name, rows[0]))
    content = tuple(whole[1:] if has_header else whole)
    if not content:
        return None
    places = range(len(rows[0]))
    images = [sum(is_image_name(row[place]) for row in content) for place in places]
    suffixed = max(images) > 0
    file = images.index(max(images)) if suffixed else _named(rows[0], places, _FILES)
    if file is None:
        return None
    return FirstRows(path, separator, rows[0], content, file, has_header, suffixed)


def _part_column(start: FirstRows, places: Sequence[int]) -> int | None:
    """Find the column whose fields all name parts."""
    named = [place for place in places if start.names[place].lower() in _PARTS]
    candidates = named if start.has_header else places
    return next((p for p in candidates if all(part_of(row[p]) for row in start.rows)), None)


def _named(names: Sequence[str], places: Sequence[int], known: Sequence[str]) -> int | None:
    """Find the column with the first of some names, in any case."""
    by_name = {names[place].lower().replace(" ", "_"): place for place in places}
    return next((by_name[name] for name in known if name in by_name), None)


def _are_flags(rows: Sequence[Sequence[str]], places: Sequence[int]) -> bool:
    return all(row[place] in ("0", "1") for row in rows for place in places)
