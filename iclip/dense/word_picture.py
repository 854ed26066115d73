"""A picture of an image beside its words, for a person to judge."""

import math
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.patches import Patch

from iclip.evaluation.ranking import NO_CLASS
from iclip.panels import color_of, reduced
from iclip.predictions.prediction import Prediction

# Okabe and Ito's colors, which the usual color blindnesses tell apart; further labels get others.
COLORS = (
    (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66),
    (0, 114, 178), (213, 94, 0), (204, 121, 167),
)  # fmt: skip
BACKGROUND = "background"
"""The label of what has no word, which is drawn dark."""
BACKGROUND_COLOR, UNSURE_COLOR = (30, 30, 30), (128, 128, 128)
OPACITY = 0.55
TEXT_COLOR = "#222222"
# Pixels of the longer side of each of the two images; inches at 100 pixels each of a legend's line.
SIDE, DPI, LEGEND_LINE, LEGEND_COLUMNS = 640, 100, 0.24, 4
MOST_LISTED = 40

Pixels = npt.NDArray[np.uint8]
Color = tuple[int, int, int]


def draw_word_picture(image: Pixels, prediction: Prediction) -> Pixels:
    """Draw an image, the same under the colors of its words, and a legend with their shares.

    Where no word is likely enough, the image is gray and striped.

    Args:
        image: (H, W, 3), RGB.
        prediction: Of segmentation, the largest label first.

    Returns:
        (H, W, 3), RGB.
    """
    labels = prediction.label_map
    assert labels is not None and prediction.shares is not None
    shown = _enlarged(reduced(image, SIDE))
    height, width = shown.shape[:2]
    rows = np.arange(height) * labels.shape[0] // height
    columns = np.arange(width) * labels.shape[1] // width
    colors = [*map(_color, prediction.classes, range(len(prediction.classes)))]
    overlay = _overlay(shown, labels[rows[:, None], columns], colors)
    entries = [
        Patch(color=_fraction(colors[label]), label=f"{name}  {100 * share:.1f} %")
        for label, name, share in zip(
            prediction.labels.tolist(), prediction.names, prediction.shares, strict=True
        )
    ]
    rest = max(0.0, 1 - float(prediction.shares.sum()))
    more = len(entries) - MOST_LISTED
    if more > 0:
        entries = [*entries[:MOST_LISTED], Patch(alpha=0, label=f"and {more} more")]
    entries.append(Patch(color=_fraction(UNSURE_COLOR), label=f"not sure  {100 * rest:.1f} %"))
    return _figure([shown, overlay], entries)


def _figure(images: list[Pixels], entries: list[Patch]) -> Pixels:
    height, width = images[0].shape[:2]
    columns, legend_width = _legend_columns(entries, max(len(images) * width, SIDE))
    lines = math.ceil(len(entries) / columns)
    legend = LEGEND_LINE * (lines + 1) * DPI
    # The picture of a strip, or of a long name, is as wide as its legend needs.
    total = max(len(images) * width, SIDE, legend_width)
    figure = Figure(figsize=(total / DPI, (height + legend) / DPI), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    with matplotlib.rc_context({"text.color": TEXT_COLOR, "text.parse_math": False}):
        for place, image in enumerate(images):
            share = height / (height + legend)
            axes: Any = figure.add_axes((place / len(images), 1 - share, 1 / len(images), share))
            axes.imshow(image)
            axes.set_axis_off()
        _add_legend(figure, entries, columns)
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()  # RGBA -> RGB


def _legend_columns(entries: list[Patch], width: int) -> tuple[int, int]:
    """Return the most columns of a legend that fit into a width, and the legend's width in pixels.

    One column may be wider.
    """
    for columns in range(LEGEND_COLUMNS, 0, -1):
        figure = Figure(dpi=DPI)
        renderer = FigureCanvasAgg(figure).get_renderer()
        with matplotlib.rc_context({"text.parse_math": False}):
            needed = _add_legend(figure, entries, columns).get_window_extent(renderer).width
        if needed <= width:
            break
    return columns, math.ceil(needed)


def _add_legend(figure: Figure, entries: list[Patch], columns: int) -> Legend:
    return figure.legend(
        handles=entries, loc="lower center", ncols=columns, frameon=False, fontsize=9
    )


def _overlay(image: Pixels, labels: npt.NDArray[np.int64], colors: list[Color]) -> Pixels:
    """Lay the labels' colors over an image (H, W, 3); labels are (H, W)."""
    palette = np.array([*colors, UNSURE_COLOR], dtype=np.float32)
    mixed = OPACITY * palette[labels] + (1 - OPACITY) * image  # NO_CLASS, -1, is the last color
    unsure = labels == NO_CLASS
    gray = image.mean(axis=2, keepdims=True)
    down, across = np.indices(labels.shape)
    striped = gray * np.where((down + across) % 12 < 3, 0.5, 1.0)[..., None]
    return np.where(unsure[..., None], striped, mixed).round().astype(np.uint8)


def _color(name: str, label: int) -> Color:
    if name == BACKGROUND:
        return BACKGROUND_COLOR
    return COLORS[label] if label < len(COLORS) else color_of(label)


def _fraction(color: Color) -> tuple[float, float, float]:
    red, green, blue = color
    return red / 255, green / 255, blue / 255


def _enlarged(image: Pixels) -> Pixels:
    """Enlarge a small image (H, W, 3) by a whole number."""
    factor = max(1, SIDE // max(image.shape[:2]))
    return image.repeat(factor, axis=0).repeat(factor, axis=1)
