"""Tell what a JSON file is from the keys in it, without parsing it.

A file of annotations may have gigabytes; to look for a few words in its bytes takes as long as
reading them from the disk, which is done anyway once it is recognized.
"""

import mmap
import os
from collections.abc import Sequence
from pathlib import Path

from iclip.files.stored_file import open_regular

_MARK_OF_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def has_keys(file: Path, keys: Sequence[str]) -> bool:
    """Whether all of these words are in a file, in double quotes as JSON writes its keys.

    A file that cannot be read, or is empty, has none.
    """
    try:
        descriptor = open_regular(file)
    except OSError:
        return False
    try:
        with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as content:
            encoding = _MARK_OF_UTF_16.get(content[:2], "utf-8")
            return all(content.find(f'"{key}"'.encode(encoding)) >= 0 for key in keys)
    except (OSError, ValueError):  # an empty file cannot be mapped
        return False
    finally:
        os.close(descriptor)
