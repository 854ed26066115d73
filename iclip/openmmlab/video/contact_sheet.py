"""Draw frames of a video and the classes recognized in it as one picture."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from iclip.openmmlab.video.frames import open_video

NUM_FRAMES = 6
BAR_COLOR, TEXT_COLOR = "#0072b2", "#222222"


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
    frames = evenly_spaced_frames(path, NUM_FRAMES)
    figure = Figure(figsize=(9.6, 4.2), dpi=100, layout="constrained")  # 960 x 420 pixels
    canvas = FigureCanvasAgg(figure)
    with matplotlib.rc_context({"text.color": TEXT_COLOR}):
        grid = figure.add_gridspec(2, len(frames), height_ratios=(1, 1.1))
        for column, frame in enumerate(frames):
            axes = figure.add_subplot(grid[0, column])
            axes.imshow(frame)
            axes.set_axis_off()
        axes = figure.add_subplot(grid[1, :])
        places = range(len(labels))
        bars = axes.barh(places, [100 * score for score in scores], color=BAR_COLOR)
        axes.bar_label(bars, fmt="%.1f %%", padding=4)
        axes.set_yticks(places, [label[:40] for label in labels])
        axes.invert_yaxis()
        axes.set_xlim(0, 112)  # room for the number behind a bar of 100 %
        axes.set_xlabel("probability (%)")
        axes.spines[["top", "right"]].set_visible(False)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()  # RGBA -> RGB


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
