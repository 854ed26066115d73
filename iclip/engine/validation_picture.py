"""Draw panels of validated samples as one picture."""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from iclip.panels import Box, Image, Panel

# Inches, at 100 pixels per inch; a title of two lines and the space around it.
PANEL_WIDTH, TITLE_HEIGHT, DPI = 3.6, 0.35, 100
# Panels of samples with one each stand side by side, unless one is as wide as a strip of frames.
COLUMNS, STRIP = 4, 2.0
# Characters of the small print that fit into an inch.
CHARACTERS = 17
# Colors that the usual color blindnesses tell apart.
RIGHT_COLOR, WRONG_COLOR, TEXT_COLOR = "#009e73", "#d55e00", "#222222"


def draw_panels(samples: Sequence[Sequence[Panel]], title: str) -> Image:
    """Draw a row per sample; samples of one panel share rows.

    Args:
        samples: The panels of each sample; at least one.
        title: What stands above all.

    Returns:
        RGB, (H, W, 3).
    """
    rows = _rows(samples)
    columns = max(map(len, rows))
    widest = max(_aspect(panel) for row in rows for panel in row)
    width = PANEL_WIDTH * max(1.0, min(widest / STRIP, 2.0))
    # A row is as high as its highest image, up to twice its width.
    heights = [width / min(max(min(map(_aspect, row)), 0.5), 8.0) + TITLE_HEIGHT for row in rows]
    figure = Figure(
        figsize=(columns * width, sum(heights) + TITLE_HEIGHT), dpi=DPI, layout="constrained"
    )
    canvas = FigureCanvasAgg(figure)
    # A dollar sign in the name of a class does not begin a formula.
    with matplotlib.rc_context({"text.color": TEXT_COLOR, "text.parse_math": False}):
        figure.suptitle(title, fontsize=10)
        grid = figure.add_gridspec(len(rows), columns, height_ratios=heights)
        for i, row in enumerate(rows):
            for j, panel in enumerate(row):
                _draw(figure.add_subplot(grid[i, j]), panel, int(CHARACTERS * width))
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()  # RGBA -> RGB


def _rows(samples: Sequence[Sequence[Panel]]) -> list[list[Panel]]:
    panels = [panel for panels in samples for panel in panels]
    is_grid = len(panels) == len(samples) and all(_aspect(panel) < STRIP for panel in panels)
    if not is_grid:
        return [list(panels) for panels in samples]
    columns = min(COLUMNS, math.ceil(math.sqrt(len(panels))))
    return [panels[start : start + columns] for start in range(0, len(panels), columns)]


def _aspect(panel: Panel) -> float:
    height, width = panel.image.shape[:2]
    return width / height


def _draw(axes: Any, panel: Panel, most: int) -> None:
    """Draw a panel whose texts may have so many characters per line."""
    axes.imshow(panel.image)
    axes.set_axis_off()
    colors = {True: RIGHT_COLOR, False: WRONG_COLOR, None: TEXT_COLOR}
    axes.set_title(_shortened(panel.title, most), fontsize=7, color=colors[panel.right])
    for box in panel.boxes:
        x1, y1, x2, y2 = box.corners
        color = tuple(value / 255 for value in box.color)
        axes.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=color))
        axes.text(
            x1, y1, _shortened(box.text, most), fontsize=6, color=_legible_on(box), clip_on=True,
            verticalalignment="bottom", bbox=dict(facecolor=color, edgecolor="none", pad=0.5),
        )  # fmt: skip


def _legible_on(box: Box) -> str:
    red, green, blue = box.color
    # Lightness by ITU-R BT.601, 0 to 255.
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "white"


def _shortened(text: str, most: int) -> str:
    """Cut each line of a text."""
    lines = (line if len(line) <= most else line[: most - 1] + "…" for line in text.split("\n"))
    return "\n".join(lines)
