"""Millions of strings in two arrays, which forked processes share; a list would be copied."""

from array import array
from collections.abc import Iterable

import numpy as np


class StringTable:
    """A read-only sequence of strings.

    A list of strings costs some 90 bytes per entry on top of the text, and its reference counts
    make every forked data worker copy it little by little. Here an entry costs 8 bytes on top of
    its text, and there are no reference counts.

    Args:
        strings: The strings to hold.
    """

    def __init__(self, strings: Iterable[str]) -> None:
        text = bytearray()
        lengths = array("q")
        for string in strings:
            # File names need not be valid UTF-8; Python's escape for such bytes is kept.
            encoded = string.encode("utf-8", "surrogateescape")
            text += encoded
            lengths.append(len(encoded))
        self._text = np.frombuffer(bytes(text), dtype=np.uint8)
        self._ends = np.cumsum(np.frombuffer(lengths, dtype=np.int64), dtype=np.int64)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self):
            raise IndexError(index)
        # A string starts where the one before it ends.
        start = self._ends[index - 1] if index else 0
        return self._text[start : self._ends[index]].tobytes().decode("utf-8", "surrogateescape")
