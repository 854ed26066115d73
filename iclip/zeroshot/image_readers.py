"""The images of a data set: their content, by which an embedding is found again, and their names.

They have no labels here, because an embedding depends on the content alone.
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

from iclip.datasets.readers.class_images import ClassImages
from iclip.datasets.readers.decoding import open_image
from iclip.files.storage import read_bytes
from iclip.progress import Progress

# Threads help because reading waits for the disk, and hashing releases the interpreter lock.
_HASHING_THREADS = 8
# Number of images per round of the threads, after which the progress advances.
_HASHED_AT_ONCE = 256


class ImageReader(Protocol):
    """Reads the images that are embedded."""

    def __len__(self) -> int:
        """Return the number of images."""

    def content(self, index: int) -> bytes:
        """Return what identifies an image: the bytes of its file.

        Raises:
            FileNotFoundError: There is no such file.
            OSError: It cannot be read.
        """

    def decode(self, content: bytes) -> Image.Image:
        """Decode an image's content to RGB.

        Raises:
            ValueError: It is damaged, or not an image.
        """

    def name(self, index: int) -> str:
        """Name an image for messages."""


class _EncodedImages:
    """Encoded images, decoded as training decodes them."""

    def decode(self, content: bytes) -> Image.Image:
        """Decode a file's bytes."""
        return Image.fromarray(open_image(content).pixels())


class ImageFiles(_EncodedImages):
    """Image files by their paths.

    Args:
        files: One per image.
        root: Folder below which names in messages start.
    """

    def __init__(self, files: Sequence[str | os.PathLike[str]], root: Path) -> None:
        self.files = [os.fspath(file) for file in files]
        self.root = root

    def __len__(self) -> int:
        return len(self.files)

    def content(self, index: int) -> bytes:
        """Read the file's bytes."""
        return read_bytes(self.files[index])

    def name(self, index: int) -> str:
        """Return the path below the root."""
        return os.path.relpath(self.files[index], self.root)


class ImagesByClass(_EncodedImages):
    """Images sorted by class, read as training reads them.

    Args:
        images: Reads them.
        count: Number of images.
        root: Folder below which names in messages start.
    """

    def __init__(self, images: ClassImages, count: int, root: Path) -> None:
        self.images, self.count, self.root = images, count, root

    def __len__(self) -> int:
        return self.count

    def content(self, index: int) -> bytes:
        """Read the file's bytes."""
        return self.images.read_image(index)

    def name(self, index: int) -> str:
        """Return the path below the root."""
        return os.path.relpath(self.images.sample_name(index), self.root)


class ImageArrays:
    """Images that lie decoded in memory, such as CIFAR's.

    Args:
        pixels: uint8, (N, H, W, 3).
    """

    def __init__(self, pixels: npt.NDArray[np.uint8]) -> None:
        self.pixels = pixels

    def __len__(self) -> int:
        return len(self.pixels)

    def content(self, index: int) -> bytes:
        """Return the pixels' bytes."""
        return self.pixels[index].tobytes()

    def decode(self, content: bytes) -> Image.Image:
        """Make an image of the pixels' bytes, (H * W * 3,) -> (H, W, 3)."""
        return Image.fromarray(np.frombuffer(content, np.uint8).reshape(self.pixels.shape[1:]))

    def name(self, index: int) -> str:
        """Return ``number 7``: these images have no names."""
        return f"number {index}"


def read_image(reader: ImageReader, index: int) -> Image.Image:
    """Read and decode one image.

    Raises:
        OSError: It cannot be read.
        ValueError: It is damaged, or not an image.
    """
    return reader.decode(reader.content(index))


def content_key(content: bytes) -> bytes:
    """Hash an image's content with SHA-256: 32 bytes, equal for equal content only."""
    return hashlib.sha256(content).digest()


def content_keys(
    reader: ImageReader,
    numbers: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> Iterator[bytes | None]:
    """Yield the images' keys, in order; None for an image that cannot be read.

    Args:
        reader: Reads the images; several threads call it.
        numbers: Numbers of the images; all by default.
        progress: Advances with each image.
    """
    numbers = range(len(reader)) if numbers is None else numbers

    def key(index: int) -> bytes | None:
        try:
            return content_key(reader.content(index))
        except OSError:
            return None

    with ThreadPoolExecutor(_HASHING_THREADS) as threads:
        for start in range(0, len(numbers), _HASHED_AT_ONCE):
            chunk = numbers[start : start + _HASHED_AT_ONCE]
            yield from threads.map(key, chunk)
            if progress is not None:
                progress.advance(len(chunk))
