"""Mask files: what their pixels store, and the labels that follow from it.

A mask stores a number per pixel (gray or palette PNG) or a color. A color mask whose colors are all
gray stores numbers: some libraries write three equal channels.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import iclip.files.pillow_formats  # noqa: F401  (no image is a program)
from iclip.files.stored_file import open_regular
from iclip.messages import one_line
from iclip.own_data.masks.masked_image import IGNORED, LabelMap

Color = tuple[int, int, int]

# Modes of Pillow with one number per pixel, and those of them in which mmseg's reader gets the
# stored number: it takes the lowest 8 bits of larger ones.
_NUMBERS = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L")
_EIGHT_BITS = ("1", "L", "P")
# A mask with more colors is a blurred one, or an ordinary image.
MOST_COLORS = 1024


@dataclass(frozen=True)
class MaskContent:
    """What a mask file stores.

    Attributes:
        path: The file.
        width: Width in pixels.
        height: Height in pixels.
        one_channel: Whether it has one number per pixel, with or without a palette.
        eight_bits: Whether this number has at most 8 bits, as mmseg reads it.
        values: Numbers that occur, with their pixels; None if there are only colors.
        colors: Colors that occur, with their pixels: those of the palette, and gray where there is
            none; None if the numbers have none.
    """

    path: str
    width: int
    height: int
    one_channel: bool
    eight_bits: bool
    values: Mapping[int, int] | None
    colors: Mapping[Color, int] | None


def read_mask(path: str) -> MaskContent:
    """Read which numbers or colors a mask file stores.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not an image, damaged, too large, or not a mask.
    """
    image = _open(path)
    if image.mode in (*_NUMBERS, "LA"):
        values = _counts(_numbers(image))
        eight_bits = image.mode in _EIGHT_BITS
        colors = _colors_of(image, values) if eight_bits else None
        return MaskContent(path, *image.size, True, eight_bits, values, colors)
    found = image.convert("RGB").getcolors(MOST_COLORS)
    if found is None:
        raise ValueError(
            f"it has more than {MOST_COLORS:,} colors: it is not a mask, or was saved as JPEG or "
            "scaled with smoothing"
        )
    # Pillow's types allow numbers and floats, too, which other modes have.
    colors = {cast(Color, color): count for count, color in found}
    gray = all(red == green == blue for red, green, blue in colors)
    grays = {color[0]: count for color, count in colors.items()} if gray else None
    return MaskContent(path, *image.size, False, False, grays, colors)


@dataclass(frozen=True)
class StoredLabels:
    """A mask file whose numbers are the labels.

    Attributes:
        path: The file.
    """

    path: str

    @property
    def in_place(self) -> str:
        """The file itself."""
        return self.path

    def label_map(self) -> LabelMap:
        """Return the labels (H, W)."""
        return _numbers(_open(self.path)).astype(np.uint8)

    def state(self) -> str:
        """Return the file and its time of change."""
        return _file_state(self.path)


@dataclass(frozen=True)
class NumberMask:
    """A mask file whose numbers stand for labels.

    Attributes:
        path: The file.
        labels: Label of each number; others are ignored.
    """

    path: str
    labels: Mapping[int, int]
    in_place: None = None

    def label_map(self) -> LabelMap:
        """Return the labels (H, W)."""
        return _translated(_numbers(_open(self.path)), self.labels)

    def state(self) -> str:
        """Return the file, its time of change, and what its numbers stand for."""
        return f"{_file_state(self.path)} {sorted(self.labels.items())}"


@dataclass(frozen=True)
class ColorMask:
    """A mask file whose colors stand for labels.

    Attributes:
        path: The file.
        labels: Label of each color; others are ignored.
    """

    path: str
    labels: Mapping[Color, int]
    in_place: None = None

    def label_map(self) -> LabelMap:
        """Return the labels (H, W)."""
        pixels = np.asarray(_open(self.path).convert("RGB")).astype(np.uint32)  # H, W, 3
        red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]  # H, W
        # 16 MiB, and five times as fast as looking for each pixel in a sorted list.
        table = np.full(1 << 24, IGNORED, np.uint8)
        for (r, g, b), label in self.labels.items():
            table[r << 16 | g << 8 | b] = label
        return table[red << 16 | green << 8 | blue]

    def state(self) -> str:
        """Return the file, its time of change, and what its colors stand for."""
        return f"{_file_state(self.path)} {sorted(self.labels.items())}"


def _open(path: str) -> Image.Image:
    """Open and decode an image.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not an image, damaged or too large.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        try:
            image = Image.open(file)
            image.load()
        # Malformed files make Pillow's plug-ins raise errors of any type.
        except Exception as error:
            raise ValueError(f"it cannot be decoded: {one_line(error)}") from error
    if image.mode in ("F", "CMYK", "LAB"):
        raise ValueError(f"its pixels are of mode {image.mode!r}: a mask has numbers or colors")
    return image


def _numbers(image: Image.Image) -> NDArray[np.integer]:
    """Return the number of each pixel (H, W)."""
    if image.mode in _NUMBERS:
        pixels = np.asarray(image)
        return pixels.astype(np.uint8) if pixels.dtype == np.bool_ else pixels
    return np.asarray(image)[..., 0]  # the channels are equal, or the second one is alpha


def _counts(numbers: NDArray[np.integer]) -> dict[int, int]:
    """Count the pixels of each number that occurs."""
    if numbers.dtype == np.uint8:  # ten times as fast as sorting
        counts = np.bincount(numbers.ravel())
        return {int(value): int(counts[value]) for value in np.flatnonzero(counts)}
    values, numbers_of = np.unique(numbers, return_counts=True)
    return dict(zip(values.tolist(), numbers_of.tolist(), strict=True))


def _colors_of(image: Image.Image, values: Mapping[int, int]) -> dict[Color, int] | None:
    """Count the pixels of each color; None if a number has no entry in the palette."""
    if image.mode == "P":
        palette = image.getpalette("RGB") or []
    else:
        palette = [gray for gray in ((0, 255) if image.mode == "1" else range(256)) for _ in "RGB"]
    colors: dict[Color, int] = {}
    for value, count in values.items():
        entry = palette[3 * value : 3 * value + 3]
        if len(entry) < 3:
            return None
        color = (entry[0], entry[1], entry[2])
        colors[color] = colors.get(color, 0) + count
    return colors


def _translated(stored: NDArray[np.integer], labels: Mapping[int, int]) -> LabelMap:
    """Put labels in place of what is stored (H, W)."""
    known = np.array(sorted(labels), dtype=np.int64)
    targets = np.array([labels[value] for value in known.tolist()], dtype=np.uint8)
    places = np.searchsorted(known, stored).clip(max=len(known) - 1)  # H, W
    return np.where(known[places] == stored, targets[places], np.uint8(IGNORED))


def _file_state(path: str) -> str:
    state = os.stat(path)
    return f"{path} {state.st_mtime_ns} {state.st_size}"
