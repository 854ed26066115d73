"""JSON files of long lists, written entry by entry."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from iclip.files.atomic import open_atomically


def write_json_lists(path: Path, lists: Mapping[str, Iterable[Any]]) -> None:
    """Write an object of lists, an entry per line, whole or not at all; no list is held in memory.

    Raises:
        OSError: The file could not be written.
    """
    with open_atomically(path) as file:
        for number, (key, entries) in enumerate(lists.items()):
            file.write(("{" if number == 0 else ",\n").encode() + _line(key) + b": [")
            _write_entries(file, entries)
            file.write(b"]")
        file.write(b"}\n")


def write_json_list(path: Path, entries: Iterable[Any]) -> None:
    """Write a list, an entry per line; see :func:`write_json_lists`."""
    with open_atomically(path) as file:
        file.write(b"[")
        _write_entries(file, entries)
        file.write(b"]\n")


def _write_entries(file: Any, entries: Iterable[Any]) -> None:
    between = b"\n"
    for entry in entries:
        file.write(between + _line(entry))
        between = b",\n"


def _line(value: Any) -> bytes:
    """Write a value on one line, in ASCII: a file's name may hold bytes that are not text."""
    return json.dumps(value).encode()
