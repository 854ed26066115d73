"""YOLO's ``data.yaml``, or darknet's ``obj.data``: images of each part, and names of the classes.

Every scalar is read as text: YAML's own rules would make ``False`` of a class named ``no``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from iclip.files.text import read_text
from iclip.messages import listing, one_line
from iclip.own_data.data_set import TEST, TRAIN, VAL
from iclip.own_data.remarks import Remarks
from iclip.own_data.yolo import darknet

_SUFFIXES = (".yaml", ".yml", darknet.SUFFIX)
_USUAL_STEM = "data"
# A description has some lines, or some thousand names.
_MAX_BYTES = 2**20
# At the start of a line, quoted or not; a file in braces is YAML, too.
_KEYS = (
    r"""^[\s{"']*(train|val|valid)["']?\s*[:=]""",
    r"""(^|[{,])["'\s]*(names|nc)["']?\s*[:=]""",
)
# The keys of each part; Roboflow's folders are called valid, and so is the key of some tools.
_PART_KEYS = {TRAIN: ("train",), VAL: ("val", "valid"), TEST: ("test",)}


@dataclass(frozen=True)
class Description:
    """What a ``data.yaml`` says.

    Attributes:
        file: The file itself.
        base: The folder that it names as ``path``; empty if it names none.
        places: Folders or lists of images of each part, as they are written.
        names: Names of the classes.
        has_key_points: Whether labels have key points after the box (``kpt_shape``).
    """

    file: Path
    base: str
    places: Mapping[str, tuple[str, ...]]
    names: tuple[str, ...]
    has_key_points: bool


def description_files(root: Path) -> list[Path]:
    """List the files that may be a description: those in a folder that state train or val, or it.

    A ``data.yaml`` counts before others, which may be settings of a training.
    """
    if root.is_file():
        return [root] if root.suffix.lower() in _SUFFIXES and _says_parts(root) else []
    found = sorted(
        file
        for file in root.iterdir()
        if file.suffix.lower() in _SUFFIXES and file.is_file() and _says_parts(file)
    )
    usual = [file for file in found if file.stem.lower() == _USUAL_STEM]
    return usual or found


def read_description(file: Path, remarks: Remarks) -> Description:
    """Read a description.

    Args:
        file: A YAML file.
        remarks: Receives what does not fit together in it.

    Raises:
        ValueError: It is not such a file; the message names it and what is wrong.
        OSError: It cannot be read.
    """
    is_darknet = file.suffix.lower() == darknet.SUFFIX
    content = darknet.darknet_settings(file) if is_darknet else _content(file)
    names = _names(content, file, remarks)
    places = {}
    for part, keys in _PART_KEYS.items():
        key = next((key for key in keys if content.get(key)), None)
        if key is not None:
            places[part] = _places(content[key], key, file)
    base = content.get("path") or ""
    if not isinstance(base, str):
        raise ValueError(f"{file}: path is not a text: give the folder of the data set")
    return Description(file, base, places, names, bool(content.get("kpt_shape")))


def _says_parts(file: Path) -> bool:
    """Whether a file states a part of the images, and the classes or their number."""
    try:
        if file.stat().st_size > _MAX_BYTES:
            return False
        text = read_text(file)
    except (OSError, ValueError):
        return False
    return all(re.search(key, text, re.MULTILINE) for key in _KEYS)


def _content(file: Path) -> Mapping[str, Any]:
    if file.stat().st_size > _MAX_BYTES:
        raise ValueError(f"{file} has more than {_MAX_BYTES:,} bytes: it is not a data.yaml")
    try:
        # BaseLoader makes texts, lists and maps, and nothing else.
        content = yaml.load(read_text(file), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"{file} is not a YAML file: {one_line(error, 200)}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{file} has no settings: write train, val and names")
    return content


def _places(value: Any, key: str, file: Path) -> tuple[str, ...]:
    places = [value] if isinstance(value, str) else value
    if not isinstance(places, list) or not all(isinstance(place, str) for place in places):
        raise ValueError(
            f"{file}: {key} is neither a folder or list of images, nor several of them"
        )
    return tuple(places)


def _names(content: Mapping[str, Any], file: Path, remarks: Remarks) -> tuple[str, ...]:
    """Return the names of the classes by their number."""
    names, stated = content.get("names"), _whole(content.get("nc"))
    if isinstance(names, dict):
        names = _in_order(names, file, remarks)
    if not names and stated:
        remarks.note(f"{file.name} has no names: the classes are called class 0, class 1 ...")
        return tuple(f"class {number}" for number in range(stated))
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise ValueError(
            f"{file}: names is not a list of texts: write names: [cat, dog], or a map from 0"
        )
    if stated is not None and stated != len(names):
        remarks.note(f"{file.name} says nc: {stated}, and has {len(names)} names: the names count")
    return tuple(names)


def _in_order(names: Mapping[str, Any], file: Path, remarks: Remarks) -> list[Any]:
    """Return the names of a map from numbers in the order of the numbers."""
    by_number = {_whole(number): name for number, name in names.items()}
    if None in by_number or len(by_number) < len(names):
        odd = listing([repr(number) for number in names if _whole(number) is None])
        raise ValueError(
            f"{file}: names is a map, whose keys are numbers from 0, each of them once"
            f"{': not ' + odd if odd else ''}"
        )
    numbers = [number for number in by_number if number is not None]
    if max(numbers) > 10 * len(names) + 1000:
        raise ValueError(
            f"{file}: names has the number {max(numbers):,} for {len(names):,} classes"
        )
    gaps = sorted(set(range(max(numbers) + 1)) - set(numbers))
    if gaps:
        remarks.note(
            f"{file.name} has no name for {listing([str(gap) for gap in gaps], 5)}: called class "
            f"{gaps[0]} and so on"
        )
    return [by_number.get(number, f"class {number}") for number in range(max(numbers) + 1)]


def _whole(value: Any) -> int | None:
    """Read a whole number that is not negative; None for anything else."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None
