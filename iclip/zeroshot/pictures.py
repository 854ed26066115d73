"""The pictures of a data set: their content, by which an embedding is found again, and their names.

Pictures know no labels: what is kept of a picture depends on its content alone.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from iclip.datasets.readers.decoding import open_image
from iclip.progress import Progress

# Reading waits for the disk, and hashing leaves Python to other threads.
_HASHING_THREADS = 8
_HASHED_AT_ONCE = 256


class Pictures(Protocol):
    """What can be embedded."""

    def __len__(self) -> int:
        """Number of pictures."""

    def content(self, index: int) -> bytes:
        """What identifies a picture: of a file its bytes.

        Raises:
            FileNotFoundError: There is no such file.
            OSError: It cannot be read.
        """

    def decode(self, content: bytes) -> Image.Image:
        """Make a picture in RGB of its content.

        Raises:
            ValueError: It is damaged, or no picture.
        """

    def name(self, index: int) -> str:
        """What a picture is called in messages."""


class PictureFiles:
    """Picture files, decoded as training decodes them.

    Args:
        files: One a picture.
        root: Folder that names in messages start below.
    """

    def __init__(self, files: Sequence[str | os.PathLike[str]], root: Path) -> None:
        self.files = [os.fspath(file) for file in files]
        self.root = root

    def __len__(self) -> int:
        return len(self.files)

    def content(self, index: int) -> bytes:
        """The file's bytes."""
        return Path(self.files[index]).read_bytes()

    def decode(self, content: bytes) -> Image.Image:
        """Decode a file's bytes."""
        return Image.fromarray(open_image(content).pixels())

    def name(self, index: int) -> str:
        """The path below the root."""
        return os.path.relpath(self.files[index], self.root)


class PictureArrays:
    """Pictures that lie decoded in memory, as CIFAR's.

    Args:
        pixels: uint8, (N, H, W, 3).
    """

    def __init__(self, pixels: npt.NDArray[np.uint8]) -> None:
        self.pixels = pixels

    def __len__(self) -> int:
        return len(self.pixels)

    def content(self, index: int) -> bytes:
        """The pixels."""
        return self.pixels[index].tobytes()

    def decode(self, content: bytes) -> Image.Image:
        """Give the pixels their shape."""
        return Image.fromarray(np.frombuffer(content, np.uint8).reshape(self.pixels.shape[1:]))

    def name(self, index: int) -> str:
        """The number, for want of a name."""
        return f"number {index}"


def read_picture(pictures: Pictures, index: int) -> Image.Image:
    """Read and decode one picture.

    Raises:
        OSError: It cannot be read.
        ValueError: It is damaged, or no picture.
    """
    return pictures.decode(pictures.content(index))


def content_key(content: bytes) -> bytes:
    """SHA-256 of a picture's content: 32 bytes, equal for equal content only."""
    return hashlib.sha256(content).digest()


def content_keys(
    pictures: Pictures,
    numbers: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> Iterator[bytes | None]:
    """Yield pictures' keys, in order; None for a picture that cannot be read.

    Args:
        pictures: Read whole, by several threads.
        numbers: Of the pictures; None: all.
        progress: Is told of each picture.
    """
    numbers = range(len(pictures)) if numbers is None else numbers

    def key(index: int) -> bytes | None:
        try:
            return content_key(pictures.content(index))
        except OSError:
            return None

    with ThreadPoolExecutor(_HASHING_THREADS) as threads:
        for start in range(0, len(numbers), _HASHED_AT_ONCE):
            chunk = numbers[start : start + _HASHED_AT_ONCE]
            yield from threads.map(key, chunk)
            if progress is not None:
                progress.advance(len(chunk))
