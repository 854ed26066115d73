"""Read frames of videos through PyAV, as mmaction's pipelines ask for them.

mmaction's own PyAV transforms convert every frame up to the last one that is asked for. They trust
the header's count, which is zero for WebM and too large for AVI with gaps; where frames are
missing, they start over at the first one; and they do not turn a rotated video. mmaction's decord
transforms need a package that has not been maintained since 2022.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from mmcv.transforms import BaseTransform

from iclip.datasets.readers.video_files import Frame, open_video, upright
from iclip.registry import TRANSFORMS

# Share of the frames that may be missing: a header may count more frames than decode.
MAX_ABSENT = 0.05


def frame_count(path: str | Path) -> int:
    """Count a video's frames without decoding them: by its table of samples, else by its packets.

    Raises:
        ValueError: The file is not a video, or its header is broken.
        OSError: The file cannot be read.
    """
    with open_video(path) as container:
        stream = container.streams.video[0]
        return _table_count(container) or sum(
            1 for packet in container.demux(stream) if packet.size
        )


def read_frames(path: str | Path, indices: Sequence[int], num_threads: int = 1) -> list[Frame]:
    """Decode frames by their positions in the order of display, whatever their times.

    Args:
        path: A video file.
        indices: Positions from 0, in any order, repeated or not.
        num_threads: Number of the decoder's threads; a data worker has one.

    Returns:
        RGB, each (H, W, 3) uint8, turned as the file says.

    Raises:
        ValueError: The file is not a video, a packet is broken, or more than ``MAX_ABSENT`` of the
            frames are missing.
        OSError: The file cannot be read.
    """
    with open_video(path) as container:
        return _frames_of(container, path, indices, num_threads)


def check_opens(path: str | Path) -> None:
    """Decode a video's first frame.

    Raises:
        ValueError: The file is not a video, or the frame is broken.
        OSError: The file cannot be read.
    """
    read_frames(path, [0])


@TRANSFORMS.register_module()
class OpenVideo(BaseTransform):
    """Count a video's frames; takes the place of mmaction's ``DecordInit``.

    Reads ``filename``; adds ``video_reader``, ``total_frames`` and ``avg_fps``.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the number of frames."""
        path = results["filename"]
        container = open_video(path)
        stream = container.streams.video[0]
        results["avg_fps"] = float(stream.average_rate) if stream.average_rate else None
        results["video_reader"] = container
        results["total_frames"] = _table_count(container) or frame_count(path)
        return results


@TRANSFORMS.register_module()
class DecodeFrames(BaseTransform):
    """Decode the frames that were drawn; takes the place of mmaction's ``DecordDecode``.

    Reads ``filename``, ``video_reader`` and ``frame_inds``; adds ``img_shape``, ``original_shape``
    and ``imgs``, RGB (H, W, 3) uint8 each.

    Args:
        num_threads: Number of the decoder's threads.
    """

    def __init__(self, num_threads: int = 1) -> None:
        self.num_threads = num_threads

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the decoded frames."""
        indices = np.asarray(results["frame_inds"]).reshape(-1)
        results["frame_inds"] = indices
        with results.pop("video_reader") as container:
            results["imgs"] = _frames_of(
                container, results["filename"], indices.tolist(), self.num_threads
            )
        results["img_shape"] = results["original_shape"] = results["imgs"][0].shape[:2]
        return results


def _table_count(container: Any) -> int:
    """Count the frames in an MP4's table of samples; 0 for other containers.

    AVI counts gaps between frames, too, and WebM counts nothing.
    """
    return container.streams.video[0].frames if "mp4" in container.format.name else 0


def _frames_of(
    container: Any, path: str | Path, indices: Sequence[int], num_threads: int
) -> list[Frame]:
    """Decode up to the last frame wanted, and convert only the frames that are wanted."""
    wanted, last = set(map(int, indices)), int(max(indices))
    stream = container.streams.video[0]
    # FFmpeg would start threads of its own in each data worker.
    stream.thread_type = "AUTO" if num_threads > 1 else "NONE"
    stream.codec_context.thread_count = num_threads
    to_rgb = VideoReformatter()  # one for all frames, since setting it up takes time
    frames: dict[int, Frame] = {}
    count, frame = 0, None
    for frame in _decoded(container, path):
        if count in wanted:
            frames[count] = _as_array(frame, to_rgb)
        count += 1
        if count > last:
            break
    absent = last + 1 - count
    if frame is None or absent > MAX_ABSENT * (last + 1):
        raise ValueError(f"{path} holds {count} frames, frame {last} was asked for")
    # The header counted a few frames too many: the last one stands in for them.
    for place in wanted - frames.keys():
        frames[place] = _as_array(frame, to_rgb)
    return [frames[int(index)] for index in indices]


def _decoded(container: Any, path: str | Path) -> Iterator[Any]:
    """Decode all frames of a video in the order of display.

    Raises:
        ValueError: A packet is broken.
    """
    try:
        yield from container.decode(video=0)
    except av.error.FFmpegError as error:
        raise ValueError(f"{path} does not decode: {error.strerror}") from error


def _as_array(frame: Any, to_rgb: VideoReformatter) -> Frame:
    """Convert a decoded frame to RGB (H, W, 3), turned as the file says."""
    array = to_rgb.reformat(frame, format="rgb24").to_ndarray()
    return upright(frame, np.asarray(array, dtype=np.uint8))
