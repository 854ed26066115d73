"""Small videos, written by tests."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def numbered_frame(number: int, height: int = 32, width: int = 48) -> np.ndarray:
    """Make a frame that differs from those of other numbers even after compression."""
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
        path: The file; its suffix decides the container.
        frames: Number of frames.
        times: Time of each frame in hundredths of a second; None: regular.
        codec: Codec of the encoder.
        size: Height and width.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 100)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered_frame(number, *size), format="rgb24")
            frame.pts = 4 * number if times is None else times[number]
            frame.time_base = Fraction(1, 100)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def write_lighter_and_lighter(path: Path, frames: int = 24, rate: int = 8) -> Path:
    """Write a video whose frames get lighter; return its path."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height = 64, 48
        for index in range(frames):
            image = np.full((48, 64, 3), 10 * index % 256, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


def turn_clockwise(path: Path) -> None:
    """Let players turn an MP4 file by a quarter turn through the track's matrix, as phones do."""
    content = path.read_bytes()
    start = content.index(b"tkhd") + 4 + 40
    one, minus_one = 0x10000, -0x10000
    matrix = (0, one, 0, minus_one, 0, 0, 0, 0, 0x40000000)
    turned = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    path.write_bytes(content[:start] + turned + content[start + 36 :])
