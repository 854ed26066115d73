"""Lines of YOLO's label files: a class and a box, or a class and a polygon."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from iclip.files.stored_file import open_regular
from iclip.files.text import decode_text

# Numbers after the class: center x, center y, width, height; a polygon has three corners or more.
_BOX = 4
_SMALLEST_POLYGON = 6


class LabelLine(NamedTuple):
    """An object of an image.

    Attributes:
        line: Number of its line, from 1.
        label: Number of its class.
        numbers: Center x, center y, width, height of its box, or x and y of each corner of its
            polygon; shares of the image's width and height.
    """

    line: int
    label: int
    numbers: tuple[float, ...]

    @property
    def is_polygon(self) -> bool:
        """Whether the numbers are corners."""
        return len(self.numbers) > _BOX


@dataclass(frozen=True)
class LabelFile:
    """The lines of a label file.

    Attributes:
        objects: Those that can be read, each of them once.
        malformed: The number and text of the others.
        repeated: Numbers of lines that say again what a line before says.
    """

    objects: tuple[LabelLine, ...]
    malformed: tuple[tuple[int, str], ...]
    repeated: tuple[int, ...]


def read_label_file(file: str, has_key_points: bool = False) -> LabelFile:
    """Read a label file.

    Args:
        file: Its path.
        has_key_points: Whether key points stand after each box; they are not read.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not text.
    """
    with open(open_regular(file), "rb") as opened:
        content = opened.read()
    try:
        lines = decode_text(content).splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is not text: {error.reason}") from error
    objects: dict[tuple[int, tuple[float, ...]], LabelLine] = {}
    malformed, repeated = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        read = _parsed(number, line, has_key_points)
        if read is None:
            malformed.append((number, line.strip()[:60]))
        elif (read.label, read.numbers) in objects:
            repeated.append(number)
        else:
            objects[read.label, read.numbers] = read
    return LabelFile(tuple(objects.values()), tuple(malformed), tuple(repeated))


def _parsed(number: int, line: str, has_key_points: bool) -> LabelLine | None:
    try:
        first, *numbers = map(float, line.split())
    except ValueError:
        return None
    if has_key_points:
        numbers = numbers[:_BOX]
    is_polygon = len(numbers) >= _SMALLEST_POLYGON and len(numbers) % 2 == 0
    if not (is_polygon or len(numbers) == _BOX) or not first.is_integer() or first < 0:
        return None
    if not all(map(math.isfinite, numbers)):
        return None
    return LabelLine(number, int(first), tuple(numbers))
