"""Tell what a JSON file is from the keys in it, without parsing it.

A file of annotations may have gigabytes; to look for a few words in its bytes takes a small part of
the time in which it is parsed.
"""

from functools import lru_cache
from pathlib import Path

from iclip.files.stored_file import open_regular

_MARK_OF_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_CHUNK_BYTES = 2**24


def keys_in(file: Path, keys: frozenset[str]) -> frozenset[str]:
    """Return which of some words are in a file, in double quotes as JSON writes its keys.

    A file that cannot be read has none.
    """
    try:
        state = file.stat()
        return _found(file, keys, (state.st_mtime_ns, state.st_size))
    except OSError:
        return frozenset()


@lru_cache(maxsize=256)  # several formats ask about the same files
def _found(file: Path, keys: frozenset[str], state: tuple[int, int]) -> frozenset[str]:
    found: set[str] = set()
    with open(open_regular(file), "rb") as opened:
        window = opened.read(2)
        encoding = _MARK_OF_UTF_16.get(window, "utf-8")
        words = {key: f'"{key}"'.encode(encoding) for key in keys}
        # A word may lie across the end of a chunk.
        overlap = max(map(len, words.values()))
        while len(found) < len(keys) and (chunk := opened.read(_CHUNK_BYTES)):
            window = window[-overlap:] + chunk
            found.update(key for key in keys - found if words[key] in window)
    return frozenset(found)
