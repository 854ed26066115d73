"""Pictures of one color, which is a number that survives JPEG's losses."""

from pathlib import Path

from PIL import Image

# Four bits a channel, in the middle of 16 levels.
_SHIFTS = (0, 4, 8)


def colour_of(number: int) -> tuple[int, ...]:
    return tuple(16 * (number >> shift & 15) + 8 for shift in _SHIFTS)


def number_of(picture: Image.Image) -> int:
    pixel = picture.convert("RGB").resize((1, 1)).tobytes()
    return sum(value // 16 << shift for value, shift in zip(pixel, _SHIFTS, strict=True))


def paint(file: Path, number: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (16, 16), colour_of(number)).save(file, quality=95)
