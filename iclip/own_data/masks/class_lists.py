"""Lists of the classes of masks, as annotation tools write them beside the masks.

A text file has a class per line: ``name``; ``3: name`` with the number in the masks, or ``1 name``
where the numbers are consecutive; or with the color in the masks, CVAT's and Datumaro's
``name:255,0,0::`` and CamVid's ``255 0 0 name``. Lines that start with ``#`` are comments, empty
lines at the end do not count. Tables have a row per class (Roboflow's ``Pixel Value, Class``;
``name,r,g,b``), and JSON has a list of names or a map.
"""

import csv
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iclip.files.text import is_unicode, read_text
from iclip.messages import listing
from iclip.own_data.masks.files import Color

# In this order; the first is a tool's own name, so that it has more to say than the later ones.
LIST_NAMES = (
    *("labelmap.txt", "label_map.txt", "label_colors.txt", "_classes.csv", "classes.txt"),
    *("labels.txt", "class_names.txt", "classes.csv", "class_dict.csv", "classes.json"),
)
_NUMBER_COLUMNS = ("pixel value", "value", "index", "id", "label")
_NAME_COLUMNS = ("class", "name", "class name", "class_name", "label name")
_COLOR_COLUMNS = ("r", "g", "b")
# Pixels have at most 32 bits.
_MOST_DIGITS = 10

_COLOR_BEHIND = re.compile(r"(.+?)\s*:\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*(?::.*)?")
_COLOR_BEFORE = re.compile(r"(\d+)\s+(\d+)\s+(\d+)\s+(\S.*)")
_NUMBER_BEFORE = re.compile(r"(\d+)\s*[:=,\t]\s*(\S.*)")
_NUMBER_AND_BLANK = re.compile(r"(\d+)\s+(\S.*)")


@dataclass(frozen=True)
class ListedClass:
    """A line of a class list.

    Attributes:
        name: As written, without the blanks around it.
        value: The number that stands for it in masks.
        color: The color that stands for it in masks; None if the list has no colors.
    """

    name: str
    value: int
    color: Color | None = None


@dataclass(frozen=True)
class ClassList:
    """A list of classes.

    Attributes:
        file: The file.
        classes: Its classes, in the order of their numbers.
    """

    file: str
    classes: tuple[ListedClass, ...]

    @property
    def has_colors(self) -> bool:
        """Whether classes have colors; all have one, or none."""
        return self.classes[0].color is not None


def find_class_list(folders: Iterable[Path]) -> ClassList | None:
    """Find the class list of a data set.

    Args:
        folders: Where it may lie; each may have one, as Roboflow's parts do.

    Returns:
        The list with colors, or else the first one; None if there is none.

    Raises:
        OSError: A list cannot be read.
        ValueError: A list has a mistake, or two lists name other classes.
    """
    files = [
        folder / name
        for folder in dict.fromkeys(folders)
        for name in LIST_NAMES
        if (folder / name).is_file()
    ]
    lists = [read_class_list(file) for file in files]
    for other in lists[1:]:
        if [entry.name for entry in other.classes] != [entry.name for entry in lists[0].classes]:
            raise ValueError(
                f"{lists[0].file} and {other.file} name different classes: keep the one that fits "
                "the masks"
            )
    colored = (entry for entry in lists if entry.has_colors)
    return next(colored, lists[0] if lists else None)


def read_class_list(file: str | os.PathLike[str]) -> ClassList:
    """Read a class list.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not such a list, names no class, or has a name, number or color twice.
    """
    path = Path(file)
    text = read_text(path)
    if path.suffix.lower() == ".json":
        classes = _from_json(path, text)
    elif path.suffix.lower() == ".csv":
        classes = _from_table(path, text)
    else:
        classes = _from_lines(path, text)
    if not classes:
        raise ValueError(f"{path} names no class: write a name per line")
    if not all(is_unicode(entry.name) for entry in classes):
        raise ValueError(f"{path} has a name that is not text: half of a surrogate pair")
    _check_different(path, "name", [entry.name for entry in classes])
    _check_different(path, "number", [entry.value for entry in classes])
    _check_different(path, "color", [entry.color for entry in classes if entry.color is not None])
    return ClassList(os.fspath(path), tuple(sorted(classes, key=lambda entry: entry.value)))


def _check_different(path: Path, what: str, entries: Sequence[Any]) -> None:
    repeated = [str(entry) for entry, count in Counter(entries).items() if count > 1]
    if repeated:
        raise ValueError(
            f"{path} has the same {what} for several classes: {listing(repeated, 3)}. Give each "
            "class its own"
        )


def _from_lines(path: Path, text: str) -> list[ListedClass]:
    """Read a class per line; all lines have the same form."""
    lines = [line.strip() for line in text.rstrip().split("\n")]
    if text.strip() and "" in lines:
        raise ValueError(
            f"{path}, line {lines.index('') + 1} is empty, so that the numbers of the classes "
            "below are not known: name the class, or remove the line"
        )
    lines = [line for line in lines if line and not line.startswith("#")]
    if found := _all_match(_COLOR_BEHIND, lines):
        return [
            ListedClass(name, number, _color(path, color))
            for number, (name, *color) in enumerate(found)
        ]
    if found := _all_match(_COLOR_BEFORE, lines):
        return [
            ListedClass(name, number, _color(path, color))
            for number, (*color, name) in enumerate(found)
        ]
    if found := _all_match(_NUMBER_BEFORE, lines):
        return [ListedClass(name, _whole(path, number)) for number, name in found]
    found = _all_match(_NUMBER_AND_BLANK, lines)
    # Names may begin with a number, too ("3 wheels").
    if found and [number for number, _ in found] in _consecutive(len(found)):
        return [ListedClass(name, int(number)) for number, name in found]
    for pattern in (_COLOR_BEHIND, _COLOR_BEFORE):
        odd = [line for line in lines if not pattern.fullmatch(line)]
        if len(odd) < len(lines) / 2:
            raise ValueError(f"{path} has no color for {listing(odd, 3)}, and one for others")
    # Datumaro leaves the color of a class open: "name:::".
    return [ListedClass(re.sub(r"\s*:{2,}$", "", line), n) for n, line in enumerate(lines)]


def _consecutive(count: int) -> list[list[str]]:
    """Return the numbers from 0, and those from 1, as texts."""
    return [[str(number) for number in range(first, first + count)] for first in (0, 1)]


def _all_match(pattern: re.Pattern[str], lines: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the groups of each line; empty if a line does not match."""
    found = [match.groups() for line in lines if (match := pattern.fullmatch(line))]
    return found if len(found) == len(lines) else []


def _from_table(path: Path, text: str) -> list[ListedClass]:
    """Read a table whose header names the columns."""
    try:
        rows = [[field.strip() for field in row] for row in csv.reader(text.splitlines())]
    except csv.Error as error:
        raise ValueError(f"{path} is not a table: {error}") from error
    rows = [row for row in rows if any(row)]
    header = [name.lower() for name in rows[0]] if rows else []
    name = next((header.index(column) for column in _NAME_COLUMNS if column in header), None)
    if name is None:
        raise ValueError(
            f"{path} has no column {' or '.join(map(repr, _NAME_COLUMNS[:2]))}; its first row is "
            f"{header}"
        )
    number = next((header.index(c) for c in _NUMBER_COLUMNS if c in header), None)
    colored = all(column in header for column in _COLOR_COLUMNS)
    classes = []
    for position, row in enumerate(rows[1:]):
        if len(row) != len(header) or not row[name]:
            raise ValueError(f"{path}: the row {row} does not fit the header {header}")
        value = position if number is None else _whole(path, row[number])
        color = _color(path, [row[header.index(c)] for c in _COLOR_COLUMNS]) if colored else None
        classes.append(ListedClass(row[name], value, color))
    return classes


def _from_json(path: Path, text: str) -> list[ListedClass]:
    """Read names as a list, or as a map from or to numbers, at the top or below a key."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not a JSON file: {error}") from error
    if isinstance(content, Mapping):
        content = next((content[key] for key in ("names", "classes") if key in content), content)
    pairs = list(_numbered_names(content))
    if not pairs or not all(isinstance(name, str) and name.strip() for _, name in pairs):
        raise ValueError(f'{path} is not a list of names ["a", "b"] or a map {{"0": "a"}}')
    return [ListedClass(name.strip(), _whole(path, value)) for value, name in pairs]


def _numbered_names(content: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield (key, value) if isinstance(value, str) else (value, key)
    elif isinstance(content, list):
        yield from enumerate(content)


def _whole(path: Path, value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise ValueError(f"{path}: {text[:40]!r} is not a whole number, 0 or above")
    return int(text)


def _color(path: Path, fields: Sequence[str]) -> Color:
    red, green, blue = (_whole(path, field) for field in fields)
    if max(red, green, blue) > 255:
        raise ValueError(f"{path}: the color {red},{green},{blue} has a part above 255")
    return red, green, blue
