"""Decode images, and frames of videos, as the frameworks' pipelines take them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av

from iclip.datasets.readers.decoding import bgr_pixels
from iclip.datasets.readers.video_files import Frame, open_video, upright
from iclip.files.storage import read_bytes


def read_image(path: Path) -> Frame:
    """Read an image as the pipelines of training and testing do: (H, W, 3), BGR.

    Raises:
        ValueError: The image cannot be decoded.
        OSError: The file cannot be read.
    """
    return bgr_pixels(read_bytes(path))


def timed_frames(path: Path, every: float) -> Iterator[tuple[float, Frame]]:
    """Decode a video and yield the first frame of each interval of time.

    Args:
        path: The video.
        every: Length of an interval in seconds.

    Yields:
        The frame's time in seconds, and the frame (H, W, 3), BGR, turned as the file says.

    Raises:
        ValueError: The file is not a video, is broken, or holds no frame.
        OSError: The file cannot be read.
    """
    next_interval, number = 0.0, 0
    with open_video(path) as container:
        stream = container.streams.video[0]
        rate = float(stream.average_rate or 25)  # 25 is a guess for files that give no rate
        for number, frame in enumerate(container.decode(stream), start=1):
            at = frame.time if frame.time is not None else (number - 1) / rate
            if at >= next_interval or number == 1:
                next_interval = (at // every + 1) * every
                yield at, upright(frame, frame.to_ndarray(format="bgr24"))
    if number == 0:
        raise ValueError("the video holds no frame")


def frame_at(path: Path, seconds: float) -> Frame:
    """Decode the frame of a video that :func:`timed_frames` gave at a time.

    Raises:
        ValueError: The file is not a video, is broken, or has no frame at that time.
        OSError: The file cannot be read.
    """
    with open_video(path) as container:
        # To the key frame at or before it; a container without an index is read from its start.
        with suppress(av.error.FFmpegError):
            container.seek(int(seconds * av.time_base))
        for frame in container.decode(video=0):
            if frame.time == seconds:
                return upright(frame, frame.to_ndarray(format="bgr24"))
            if frame.time is None or frame.time > seconds:
                break
    # Frames without a time are counted from the start.
    for at, found in timed_frames(path, every=1e-9):
        if at == seconds:
            return found
    raise ValueError(f"the video has no frame at {seconds} s")


def short_reason(error: BaseException) -> str:
    """Return the first line of an error's message, or the error's type if it has none."""
    message = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (message.strip().splitlines() or [type(error).__name__])[0][:200]
