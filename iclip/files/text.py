"""Text files that users write (tables, lists and annotations), in the encodings of their tools.

UTF-8 is read with or without a byte order mark, UTF-16 and UTF-32 with one. Other files are
refused: code pages cannot be told apart, and a wrong guess changes the words.
"""

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from iclip.files.storage import as_path, is_remote, read_bytes

# In this order: UTF-32's little-endian mark starts with that of UTF-16, so it is tried first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Number of bytes that are searched for zero bytes, which UTF-16 without a mark holds.
_PROBED_BYTES = 4096


def is_unicode(text: str) -> bool:
    """Whether a text can be written; half of a surrogate pair, which JSON can state, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def open_text(path: str | os.PathLike[str], newline: str | None = None) -> Iterator[TextIO]:
    """Open a text file in the encoding of its byte order mark, or in UTF-8.

    Args:
        path: The file, or its URL.
        newline: As for :func:`open`; ``csv`` needs ``""``.

    Raises:
        ValueError: What is read in the ``with`` block is not text in that encoding; the message
            says at which line, and how to save the file as UTF-8.
    """
    path = as_path(path)
    with _open_binary(path) as raw:
        start = raw.read(_PROBED_BYTES)
    encoding = _encoding(start)
    if encoding == "utf-8" and b"\0" in start:
        raise ValueError(
            f"{path} holds zero bytes: it is UTF-16 without a byte order mark, or not a text file. "
            "Save it as UTF-8"
        )
    try:
        with _open_binary(path) as raw, TextIOWrapper(raw, encoding, newline=newline) as file:
            yield file
    except UnicodeDecodeError as error:
        raise ValueError(_not_text(path, encoding, error)) from error


def decode_text(content: bytes) -> str:
    """Decode a text in the encoding of its byte order mark, or in UTF-8.

    Raises:
        UnicodeDecodeError: It is not text in that encoding.
    """
    return content.decode(_encoding(content))


def read_text(path: str | os.PathLike[str]) -> str:
    """Read a whole text file; see :func:`open_text`."""
    with open_text(path) as file:
        return file.read()


def _encoding(start: bytes) -> str:
    return next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")


def _open_binary(path: str | Path) -> BinaryIO:
    """Open a file; a remote one is in memory, as what is a text is small."""
    return BytesIO(read_bytes(path)) if is_remote(path) else open(path, "rb")


def _not_text(path: str | Path, encoding: str, error: UnicodeDecodeError) -> str:
    if encoding != "utf-8":
        return f"{path} starts with the mark of {encoding}, but is not {encoding}: {error.reason}"
    line, byte = _first_fault(path)
    return (
        f"{path} is not UTF-8: line {line} holds the byte 0x{byte:02X}, so it may be in a Windows "
        "code page (1252 in Western Europe). Save it as UTF-8: "
        f"iconv -f CP1252 -t UTF-8 {path} > FILE, with its own code page after -f"
    )


def _first_fault(path: str | Path) -> tuple[int, int]:
    """Find the line and the value of the first byte that is not UTF-8."""
    with _open_binary(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return number, line[error.start]
    raise AssertionError("the file has changed while it was read")
