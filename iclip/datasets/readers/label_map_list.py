"""Lists of images and label maps: a JSON object per line with ``image`` and ``label_map``.

Unlike folders of equal names, such a list can name files wherever they lie. Paths that are not
absolute start at the list's folder, so that the two can be moved together.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from iclip.files.text import open_text


class ListedMap(NamedTuple):
    """A line of a list.

    Attributes:
        image: Path of the image.
        label_map: Path of its label map, whose pixels are the numbers of classes.
    """

    image: str
    label_map: str


def format_label_map_list(entries: Sequence[ListedMap]) -> str:
    """Return the text of a list."""
    # ASCII, since names of files need not be valid UTF-8.
    return "".join(f"{json.dumps(entry._asdict())}\n" for entry in entries)


def read_label_map_list(path: str | os.PathLike[str]) -> list[ListedMap]:
    """Read a list; paths come joined to the list's folder.

    Raises:
        OSError: The file cannot be read.
        ValueError: A line is not such an object; the message says which.
    """
    folder = Path(path).parent
    entries = []
    with open_text(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            image, label_map = _paths(path, number, line)
            entries.append(ListedMap(os.path.join(folder, image), os.path.join(folder, label_map)))
    return entries


def _paths(path: str | os.PathLike[str], number: int, line: str) -> tuple[str, str]:
    try:
        entry = json.loads(line)
        image, label_map = entry["image"], entry["label_map"]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        image = label_map = error
    if not (isinstance(image, str) and isinstance(label_map, str)):
        raise ValueError(
            f"{path}, line {number}: {line.strip()[:80]!r} is not an object with the texts 'image' "
            "and 'label_map'"
        )
    return image, label_map
