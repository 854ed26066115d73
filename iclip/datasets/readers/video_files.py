"""Open files of videos through PyAV, and nothing but videos."""

import os
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from iclip.files.stored_file import open_regular

Frame = npt.NDArray[np.uint8]  # H, W, 3

# FFmpeg tells a format by the content: a playlist named ``a.mp4`` would make it open the files and
# addresses that the playlist names. So it is told which formats hold a video themselves.
_CONTAINERS = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,avi,matroska,webm,mpeg,mpegts,flv,asf,ogg",
    "protocol_whitelist": "file",
}


def open_video(path: str | Path) -> Any:
    """Open a container that has a video stream.

    Raises:
        ValueError: The file is not a video.
        OSError: The file cannot be read, or is a pipe, for whose writer FFmpeg would wait.
    """
    os.close(open_regular(path))
    try:
        container = av.open(str(path), options=_CONTAINERS)
    except OSError:
        raise
    except av.error.FFmpegError as error:
        raise ValueError(f"{path} is not a video file: {error.strerror}") from error
    if not container.streams.video:
        container.close()
        raise ValueError(f"{path} has no video stream")
    stream: Any = container.streams.video[0]  # PyAV's types do not know that it may lack a codec
    if stream.codec_context is None:
        container.close()
        raise ValueError(f"{path} has a video stream of a codec that FFmpeg does not know")
    return container


def upright(frame: av.VideoFrame, array: Frame) -> Frame:
    """Turn a decoded frame's array (H, W, 3) as its file says."""
    turns = round(frame.rotation / 90) % 4  # counterclockwise, as numpy's
    return np.ascontiguousarray(np.rot90(array, turns))
