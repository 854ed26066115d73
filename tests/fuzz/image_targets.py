"""Images of every format that is read, and videos."""

import io
from pathlib import Path

import av
import numpy as np
from PIL import Image

from iclip.datasets.readers.decoding import open_image
from iclip.openmmlab.video.frames import frame_count, read_frames
from tests.fuzz.mutations import mutated
from tests.fuzz.target import Target, read_or_refuse

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 11, 3), dtype=np.uint8)


def images() -> list[bytes]:
    found = []
    for kind in ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM"):
        for mode in ("RGB", "L", "P"):
            if (kind == "WEBP" and mode == "P") or (kind in ("JPEG", "PPM") and mode == "P"):
                continue
            buffer = io.BytesIO()
            Image.fromarray(PIXELS).convert(mode).save(buffer, kind)
            found.append(buffer.getvalue())
    return found


def decode(content: bytes, _: Path) -> None:
    image = read_or_refuse(lambda: open_image(content))
    if image is None:
        return
    pixels = read_or_refuse(image.pixels)
    assert pixels is None or (pixels.dtype == np.uint8 and pixels.shape[2:] == (3,))


def videos() -> list[bytes]:
    found = []
    for kind, codec in (("mp4", "mpeg4"), ("avi", "mpeg4")):
        buffer = io.BytesIO()
        with av.open(buffer, "w", format=kind) as container:
            stream = container.add_stream(codec, rate=10)
            stream.width = stream.height = 32
            stream.pix_fmt = "yuv420p"
            for place in range(4):
                frame = np.full((32, 32, 3), 40 * place, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            container.mux(stream.encode())
        found.append(buffer.getvalue())
    return found


def decode_video(content: bytes, folder: Path) -> None:
    path = folder / "a.mp4"
    path.write_bytes(content)
    read_or_refuse(lambda: frame_count(path))
    read_or_refuse(lambda: read_frames(path, [0, 3]))


IMAGE_TARGETS = (
    Target("images", mutated(images()), decode),
    Target("video-files", mutated(videos()), decode_video),
)
