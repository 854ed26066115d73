"""Draw frames of a video and the classes recognized in it as one picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from iclip.datasets.readers.video_files import open_video
from iclip.predictions.class_sheet import draw_class_sheet

NUM_FRAMES = 6


def draw_contact_sheet(
    path: Path, labels: Sequence[str], scores: Sequence[float]
) -> npt.NDArray[np.uint8]:
    """Draw frames of a video above one bar per class.

    Args:
        path: The video.
        labels: Names of the most likely classes, the likeliest first.
        scores: Their probabilities.

    Returns:
        RGB, (H, W, 3).
    """
    return draw_class_sheet(evenly_spaced_frames(path, NUM_FRAMES), labels, scores)


def evenly_spaced_frames(path: Path, count: int) -> list[npt.NDArray[np.uint8]]:
    """Decode a video and keep ``count`` frames, including the first and the last, RGB (H, W, 3).

    Raises:
        ValueError: The file is not a video, or holds no frame.
        OSError: The file cannot be read.
    """
    # Headers count wrongly, and all frames at once may not fit into memory, so the video is decoded
    # twice.
    with open_video(path) as container:
        total = sum(1 for _ in container.decode(video=0))
    if total == 0:
        raise ValueError(f"{path} holds no frame")
    wanted = {round(place) for place in np.linspace(0, total - 1, count)}
    with open_video(path) as container:
        return [
            frame.to_ndarray(format="rgb24")
            for index, frame in enumerate(container.decode(video=0))
            if index in wanted
        ]
