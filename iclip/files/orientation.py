"""Which way up an image is: the orientation in EXIF data, as cameras write it."""

import warnings

import numpy as np
from PIL import ExifTags, Image

_EXIF = b"Exif\0\0"
# Marker bytes of JPEG segments: application data 1, the start of the pixels, and a fill byte.
_APP1, _START_OF_SCAN, _FILL = 0xE1, 0xDA, 0xFF
UPRIGHT = 1
# The first of the four orientations that exchange width and height.
_FIRST_ON_ITS_SIDE = 5


def jpeg_orientation(encoded: bytes) -> int:
    """Read the orientation of a JPEG file from its header, see `exif_orientation`."""
    start = 2  # after the marker that starts the file
    while encoded[start : start + 1] == b"\xff" and start + 4 <= len(encoded):
        marker, length = encoded[start + 1], int.from_bytes(encoded[start + 2 : start + 4], "big")
        if marker == _START_OF_SCAN:
            break
        if marker == _FILL:
            start += 1
            continue
        if marker == _APP1 and encoded.startswith(_EXIF, start + 4):
            return exif_orientation(encoded[start + 4 : start + 2 + length])
        start += 2 + length
    return UPRIGHT


def exif_orientation(exif: bytes | None) -> int:
    """Return the orientation that EXIF data state, from 1 to 8; 1, upright, where they state none.

    XMP data may state one, too, which browsers, OpenCV and this function do not read.

    Args:
        exif: The data, with or without their first word.
    """
    if not exif:
        return UPRIGHT
    tags = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged data
            tags.load(exif)
            orientation = tags.get(ExifTags.Base.Orientation, UPRIGHT)
    # Damaged data make Pillow raise errors of any type; the image is whole nevertheless.
    except Exception:
        return UPRIGHT
    known = isinstance(orientation, int) and UPRIGHT <= orientation <= 8
    return orientation if known else UPRIGHT


def lies_on_its_side(orientation: int) -> bool:
    """Whether turning upright exchanges width and height."""
    return orientation >= _FIRST_ON_ITS_SIDE


def turned_upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn pixels upright.

    The eight orientations (JEITA CP-3451, section 4.6.4) are the symmetries of a rectangle: the
    rows or columns in reverse order and, from 5 on, rows and columns exchanged before.

    Args:
        pixels: (H, W, ...), as stored.
        orientation: From 1 to 8.

    Returns:
        (H, W, ...), or from orientation 5 on, (W, H, ...); contiguous.
    """
    if orientation == UPRIGHT:
        return pixels
    if lies_on_its_side(orientation):
        pixels = pixels.swapaxes(0, 1)  # H, W, ... -> W, H, ...
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
