"""JSON files of annotations, and one copy per process of those that several parts of a run read.

LVIS's training file takes seconds and gigabytes to read, and three parts of a run need its content.
"""

import gc
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from iclip.files.storage import as_path
from iclip.files.text import read_text

# By real path, time of change (ns) and size (bytes): a file that was written anew is read anew.
_contents: dict[tuple[str, int, int], Any] = {}


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file in any of the encodings of :mod:`iclip.files.text`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not JSON, or not text; the message names the file and the place.
    """
    path = as_path(path)
    text = read_text(path)
    try:
        with collector_paused():
            return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not a JSON file: {error}") from error


def read_annotations(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file, once per process.

    All callers get the same objects, so none may change them.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not JSON, or not text.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no annotation file {path}")
    state = path.stat()
    key = (str(path.resolve()), state.st_mtime_ns, state.st_size)
    if key not in _contents:
        _contents[key] = read_json(path)
    return _contents[key]


def release_annotations() -> None:
    """Forget what has been read, to free memory once a run's data sets are built."""
    _contents.clear()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector, which would visit millions of live objects again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
