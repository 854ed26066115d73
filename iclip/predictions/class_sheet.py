"""Draw an image, or frames of a video, above the classes recognized in it."""

from collections.abc import Sequence

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

BAR_COLOR, TEXT_COLOR = "#0072b2", "#222222"
WIDTH, HEIGHT = 960, 420  # pixels


def draw_class_sheet(
    frames: Sequence[npt.NDArray[np.uint8]], labels: Sequence[str], scores: Sequence[float]
) -> npt.NDArray[np.uint8]:
    """Draw frames above one bar per class.

    Args:
        frames: RGB, each (H, W, 3).
        labels: Names of the most likely classes, the likeliest first.
        scores: Their probabilities.

    Returns:
        RGB, (HEIGHT, WIDTH, 3).
    """
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    with matplotlib.rc_context({"text.color": TEXT_COLOR}):
        grid = figure.add_gridspec(2, len(frames), height_ratios=(1, 1.1))
        for column, frame in enumerate(frames):
            axes = figure.add_subplot(grid[0, column])
            axes.imshow(_fitted(frame))
            axes.set_axis_off()
        axes = figure.add_subplot(grid[1, :])
        places = range(len(labels))
        bars = axes.barh(places, [100 * score for score in scores], color=BAR_COLOR)
        axes.bar_label(bars, fmt="%.1f %%", padding=4)
        # A name is not a formula, whatever signs are in it.
        axes.set_yticks(places, [label[:40] for label in labels], parse_math=False)
        axes.invert_yaxis()
        axes.set_xlim(0, 112)  # room for the number behind a bar of 100 %
        axes.set_xlabel("probability (%)")
        axes.spines[["top", "right"]].set_visible(False)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()  # RGBA -> RGB


def _fitted(frame: npt.NDArray[np.uint8]) -> Image.Image:
    """Return a frame no larger than the sheet: matplotlib copies each pixel as four float32."""
    image = Image.fromarray(frame)
    image.thumbnail((WIDTH, WIDTH), reducing_gap=2.0)
    return image
