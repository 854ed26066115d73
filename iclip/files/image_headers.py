"""Read sizes and modes of images from the first bytes of their files."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError

import iclip.files.pillow_formats  # noqa: F401  (no image is a program)
from iclip.files.orientation import exif_orientation, lies_on_its_side
from iclip.files.stored_file import open_regular

_PNG = b"\x89PNG\r\n\x1a\n"
# Channels by PNG's color type: gray, RGB, palette, gray with alpha, RGB with alpha.
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


class ImageHeader(NamedTuple):
    """What the header of an image says.

    Attributes:
        width: Width of the stored pixels.
        height: Height of the stored pixels.
        orientation: How they are turned upright, from 1 to 8, see :mod:`iclip.files.orientation`.
    """

    width: int
    height: int
    orientation: int

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of the upright image."""
        if lies_on_its_side(self.orientation):
            return self.height, self.width
        return self.width, self.height


def image_header(path: str | Path) -> ImageHeader:
    """Read an image's stored size and its orientation.

    Raises:
        OSError: There is no such file, or it is not an image.
    """
    with _opened(path) as image:
        return ImageHeader(*image.size, exif_orientation(image.info.get("exif")))


def image_size(path: str | Path, oriented: bool) -> tuple[int, int]:
    """Read an image's width and height from its header.

    Args:
        path: The file.
        oriented: Whether the reader turns the image as its EXIF data says.

    Raises:
        OSError: There is no such file, or it is not an image.
    """
    header = image_header(path)
    return header.upright_size if oriented else (header.width, header.height)


def map_header(path: str | Path) -> tuple[int, int, int, int]:
    """Read width, height, channels and bits per channel of a label map.

    Raises:
        OSError: There is no such file, or it is not an image.
    """
    # PNG: a signature of 8 bytes, then the header chunk of 25, whose content begins at byte 16.
    with open(open_regular(path), "rb") as file:
        head = file.read(33)
    if head.startswith(_PNG) and len(head) == 33:
        width, height, bits, color = struct.unpack(">IIBB", head[16:26])
        return width, height, _PNG_CHANNELS.get(color, 0), bits
    with _opened(path) as image:
        bits = 16 if image.mode.startswith("I;16") else 32 if image.mode in "IF" else 8
        return *image.size, len(image.getbands()), bits


@contextmanager
def _opened(path: str | Path) -> Iterator[Image.Image]:
    """Open an image; one that Pillow refuses for its size raises ``OSError``, too."""
    with open(open_regular(path), "rb") as file:
        try:
            image = Image.open(file)
        except UnidentifiedImageError as error:
            raise OSError("not an image") from error
        except Image.DecompressionBombError as error:
            raise OSError(str(error)) from error
        yield image
