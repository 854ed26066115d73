"""A video whose frames get lighter."""

from pathlib import Path

import av
import numpy as np


def video(path: Path, frames: int = 24, rate: int = 8) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height = 64, 48
        for index in range(frames):
            image = np.full((48, 64, 3), 10 * index % 256, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path
