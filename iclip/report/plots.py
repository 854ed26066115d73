"""Plots as SVG elements that take the page's text colour, so that they suit light and dark."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure as Canvas

# Told apart without colour vision, and readable on white and on near-black (Okabe and Ito, 2008).
COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8f8f00", "#888888")
MARKERS = "osD^vPX*"
Points = Sequence[tuple[float, float]]


def line_plot(
    series: Mapping[str, Points],
    x_label: str,
    y_label: str,
    spreads: Mapping[str, Sequence[float]] | None = None,
    markers: bool = False,
    ticks: Mapping[float, str] | None = None,
) -> str:
    """Draw lines over a common axis.

    Args:
        series: Name to (x, y) points.
        x_label: With its unit.
        y_label: With its unit.
        spreads: Name to one half-length of an error bar a point.
        markers: Mark the points; for few of them.
        ticks: Labels of the x axis where numbers would say less.

    Returns:
        An ``<svg>`` element without size of its own.
    """
    canvas, axes = _canvas(x_label, y_label)
    for i, (name, points) in enumerate(series.items()):
        x, y = zip(*points, strict=True)
        axes.errorbar(
            x,
            y,
            yerr=(spreads or {}).get(name),
            label=name,
            color=COLORS[i % len(COLORS)],
            marker=MARKERS[i % len(MARKERS)] if markers else None,
            markersize=5,
            linewidth=1.6,
            capsize=3,
        )
    if ticks:
        axes.set_xticks(list(ticks), list(ticks.values()))
    _legend(canvas, axes)
    return _svg(canvas)


def bar_plot(groups: Sequence[str], series: Mapping[str, Sequence[float]], y_label: str) -> str:
    """Draw bars in groups: of each series one value a group; returns an ``<svg>`` element."""
    canvas, axes = _canvas("", y_label)
    width = 0.8 / max(len(series), 1)
    for i, (name, values) in enumerate(series.items()):
        x = [position + (i - (len(series) - 1) / 2) * width for position in range(len(groups))]
        bars = axes.bar(x, values, width, label=name, color=COLORS[i % len(COLORS)])
        axes.bar_label(bars, fmt="%.1f", padding=2, fontsize=8)
    axes.set_xticks(range(len(groups)), list(groups))
    _legend(canvas, axes)
    return _svg(canvas)


def matrix_plot(names: Sequence[str], shares: Sequence[Sequence[float]]) -> str:
    """Draw a confusion matrix, rows the truth, values in percent; returns an ``<svg>`` element."""
    canvas, axes = _canvas("predicted", "truth")
    axes.grid(visible=False)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    axes.set_xticks(range(len(names)), list(names), rotation=60, ha="right")
    axes.set_yticks(range(len(names)), list(names))
    for row, values in enumerate(shares):
        for column, value in enumerate(values):
            if value >= 0.5:
                color = "white" if value > 50 else "#222222"
                axes.text(column, row, f"{value:.0f}", ha="center", va="center", color=color)
    return _svg(canvas)


def _canvas(x_label: str, y_label: str) -> tuple[Canvas, Any]:
    canvas = Canvas(figsize=(6.4, 4.0), layout="constrained")
    axes = canvas.add_subplot()
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return canvas, axes


def _legend(canvas: Canvas, axes: Any) -> None:
    """Below the plot, where it covers nothing; none for a single series."""
    handles, labels = axes.get_legend_handles_labels()
    if len(labels) > 1:
        canvas.legend(
            handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=8
        )


def _svg(canvas: Canvas) -> str:
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "iclip"}):
        canvas.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    # Ids are for a file of its own; several plots share a page. Referenced ones are hashes of what
    # they hold and may be there twice.
    referenced = set(re.findall(r"#([\w-]+)", text))
    text = re.sub(r' id="([\w-]+)"', lambda m: m[0] if m[1] in referenced else "", text)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # matplotlib writes black by leaving the fill out.
    text = text.replace("#000000", "currentColor").replace("<text ", '<text fill="currentColor" ')
    return text.strip()
