"""Small videos, written for tests."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def picture(number: int, height: int = 32, width: int = 48) -> np.ndarray:
    """A picture that can be told from those of other numbers after compression."""
    rows, columns = np.mgrid[:height, :width]
    planes = [rows * 3 + number * 11, columns * 3 + number * 17, rows + columns + number * 29]
    return (np.stack(planes, axis=-1) % 256).astype(np.uint8)


def write_video(
    path: Path,
    frames: int = 8,
    times: list[int] | None = None,
    codec: str = "mpeg4",
    size: tuple[int, int] = (32, 48),
) -> None:
    """Write a video.

    Args:
        path: Its suffix decides the container.
        frames: How many.
        times: Of each frame, in hundredths of a second; regular if not given.
        codec: Of the encoder.
        size: Height and width.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 100)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number, *size), format="rgb24")
            frame.pts = 4 * number if times is None else times[number]
            frame.time_base = Fraction(1, 100)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def turn_clockwise(path: Path) -> None:
    """Have a player turn an MP4 file by a quarter, as telephones do: by the track's matrix."""
    content = path.read_bytes()
    start = content.index(b"tkhd") + 4 + 40
    one, minus_one = 0x10000, -0x10000
    matrix = (0, one, 0, minus_one, 0, 0, 0, 0, 0x40000000)
    turned = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    path.write_bytes(content[:start] + turned + content[start + 36 :])
