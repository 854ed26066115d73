"""Read sizes and modes of images from the first bytes of their files."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from iclip.files.orientation import exif_orientation, lies_on_its_side

_PNG = b"\x89PNG\r\n\x1a\n"
# Channels by PNG's color type: gray, RGB, palette, gray with alpha, RGB with alpha.
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def image_size(path: str | Path, oriented: bool) -> tuple[int, int]:
    """Read an image's width and height from its header.

    Args:
        path: The file.
        oriented: Whether the reader turns the image as its EXIF data says.

    Raises:
        OSError: There is no such file, or it is not an image.
    """
    with _opened(path) as image:
        width, height = image.size
        if oriented and lies_on_its_side(exif_orientation(image.info.get("exif"))):
            return height, width
    return width, height


def map_header(path: str | Path) -> tuple[int, int, int, int]:
    """Read width, height, channels and bits per channel of a label map.

    Raises:
        OSError: There is no such file, or it is not an image.
    """
    # PNG: a signature of 8 bytes, then the header chunk of 25, whose content begins at byte 16.
    with open(path, "rb") as file:
        head = file.read(33)
    if head.startswith(_PNG) and len(head) == 33:
        width, height, bits, color = struct.unpack(">IIBB", head[16:26])
        return width, height, _PNG_CHANNELS.get(color, 0), bits
    with _opened(path) as image:
        bits = 16 if image.mode.startswith("I;16") else 32 if image.mode in "IF" else 8
        return *image.size, len(image.getbands()), bits


def _opened(path: str | Path) -> Image.Image:
    """Open an image; one that Pillow refuses for its size raises ``OSError``, too."""
    try:
        return Image.open(path)
    except Image.DecompressionBombError as error:
        raise OSError(str(error)) from error


def turns_images(pipeline: Sequence[Mapping[str, Any]] | None) -> bool:
    """Whether a pipeline's reader turns images as their EXIF data says; mmcv's default does."""
    for step in pipeline or ():
        if isinstance(step, Mapping) and str(step.get("type")).endswith("LoadImageFromFile"):
            color_type = str(step.get("color_type", "color"))
            return color_type != "unchanged" and not color_type.endswith("ignore_orientation")
    return True


def evenly_spaced(count: int, sample: int) -> list[int]:
    """Return the positions of at most ``sample`` of ``count`` things, including the first."""
    return sorted({position * count // sample for position in range(sample)}) if count else []
