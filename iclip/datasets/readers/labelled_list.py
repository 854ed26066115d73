"""Lists of labelled images: JSON lines, the first of which names the classes.

Unlike a table of CSV, a line holds any file name, also one with separators, quotes or line ends::

    {"classes": ["cat", "dog"]}
    {"file": "/data/pets/dog/1.jpg", "class": "dog"}
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from iclip.files.atomic import open_atomically
from iclip.files.storage import as_path, join, parent
from iclip.files.text import open_text
from iclip.messages import listing

_FORM = (
    'The first line names the classes, {"classes": ["cat", "dog"]}; each other line is an image, '
    '{"file": "images/1.jpg", "class": "cat"}'
)


def write_labelled_list(
    path: Path, classes: Sequence[str], images: Iterable[tuple[str, int]]
) -> None:
    """Write a list, whole or not at all.

    Args:
        path: The file.
        classes: Names of the classes.
        images: File and label of each image; a label is an index into the classes.

    Raises:
        OSError: It could not be written.
    """
    with open_atomically(path) as file:
        file.write(_line({"classes": list(classes)}))
        for name, label in images:
            file.write(_line({"file": name, "class": classes[label]}))


def read_classes(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Read the classes that a list names, in the order of the labels.

    Raises:
        ValueError: The first line does not name them, or names one twice.
    """
    with open_text(as_path(path)) as file:
        return _classes(path, next(file, ""))


def read_labelled_list(path: str | os.PathLike[str]) -> Iterator[tuple[str, int]]:
    """Yield the file and the label of each image.

    A file that is not an absolute path is taken from the list's folder.

    Raises:
        ValueError: A line is malformed, or its class is not one of the first line's; the message
            names the line.
    """
    path = as_path(path)
    folder = parent(path)
    with open_text(path) as file:
        labels = {name: label for label, name in enumerate(_classes(path, next(file, "")))}
        for number, line in enumerate(file, start=2):
            if not line.strip():
                continue
            name, label = _image(f"{path}, line {number}", line, labels)
            yield join(folder, name), label


def _classes(path: str | os.PathLike[str], line: str) -> tuple[str, ...]:
    content = _parsed(line)
    names = content.get("classes") if isinstance(content, dict) else None
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise ValueError(
            f"{path}, line 1, does not name the classes: {line.strip()[:80]!r}. {_FORM}"
        )
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise ValueError(f"{path}, line 1, names classes more than once: {listing(repeated, 5)}")
    return tuple(names)


def _image(place: str, line: str, labels: dict[str, int]) -> tuple[str, int]:
    content = _parsed(line)
    if not isinstance(content, dict) or not all(
        isinstance(content.get(key), str) and content[key] for key in ("file", "class")
    ):
        raise ValueError(f"{place}, is not an image with its class: {line.strip()[:80]!r}. {_FORM}")
    if content["class"] not in labels:
        raise ValueError(
            f"{place}: the class {content['class']!r} is not among the {len(labels):,} of the "
            f"first line: {listing(list(labels), 5)}"
        )
    return content["file"], labels[content["class"]]


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _line(content: Any) -> bytes:
    # ASCII, since file names need not be valid UTF-8.
    return (json.dumps(content) + "\n").encode("ascii")
