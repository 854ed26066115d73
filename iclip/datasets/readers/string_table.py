"""Millions of strings in two arrays, which forked processes share; a list would be copied."""

import os
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray


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
        self._text: NDArray[np.uint8] = np.frombuffer(bytes(text), dtype=np.uint8)
        self._ends: NDArray[np.int64] = np.cumsum(
            np.frombuffer(lengths, dtype=np.int64), dtype=np.int64
        )
        # The file and the place in it that the arrays are mapped from.
        self._mapped: tuple[Path, int] | None = None

    @classmethod
    def map(cls, file: Path, offset: int) -> "StringTable":
        """Map what `write` has written at an offset of a file; processes share its pages.

        Raises:
            ValueError: The file is shorter than what was written there.
            OSError: It cannot be read.
        """
        count, length = (int(number) for number in np.fromfile(file, "<i8", count=2, offset=offset))
        start = offset + 16
        if count < 0 or length < 0 or os.path.getsize(file) < start + 8 * count + length:
            raise ValueError(f"{file} is truncated")
        table = cls(())
        # A mapping holds one byte or more.
        if count:
            table._ends = np.memmap(file, "<i8", "r", start, (count,))
        if length:
            table._text = np.memmap(file, np.uint8, "r", start + 8 * count, (length,))
        table._mapped = (file, offset)
        return table

    def write(self, file: BinaryIO) -> None:
        """Append the strings to a file, for `map`."""
        sizes = np.array([len(self._ends), len(self._text)], "<i8")
        for part in (sizes, self._ends.astype("<i8", copy=False), self._text):
            file.write(part.data)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self):
            raise IndexError(index)
        # A string starts where the one before it ends.
        start = self._ends[index - 1] if index else 0
        return self._text[start : self._ends[index]].tobytes().decode("utf-8", "surrogateescape")

    def __getstate__(self) -> dict[str, object]:
        # A spawned worker maps the file itself; pickling would copy all of it.
        if self._mapped is not None:
            return {"_mapped": self._mapped}
        return self.__dict__

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        if self._mapped is not None:
            self.__dict__.update(StringTable.map(*self._mapped).__dict__)
