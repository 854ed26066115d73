"""Decode images, and frames of videos, as the frameworks' pipelines take them."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import mmcv
import numpy as np
import numpy.typing as npt

from iclip.openmmlab.video.frames import open_video, upright

Frame = npt.NDArray[np.uint8]
# The setting that OpenCV names in its refusal of a large image.
_TOO_LARGE = "CV_IO_MAX_IMAGE_PIXELS"


def read_image(path: Path) -> Frame:
    """Read an image as the frameworks' pipelines do: (H, W, 3), BGR, turned as the file says.

    Raises:
        ValueError: The image cannot be decoded.
        OSError: The file cannot be read.
    """
    if path.stat().st_size == 0:
        raise ValueError("the file is empty")
    try:
        image = mmcv.imread(str(path))
    except cv2.error as error:
        if _TOO_LARGE in str(error):
            raise ValueError("more than 2**30 pixels, which OpenCV does not read") from error
        raise ValueError(f"OpenCV cannot decode it: {short_reason(error)}") from error
    if image is None:
        raise ValueError("it is not an image that OpenCV can decode")
    return image


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


def short_reason(error: BaseException) -> str:
    """Return the first line of an error's message, or the error's type if it has none."""
    message = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (message.strip().splitlines() or [type(error).__name__])[0][:200]
