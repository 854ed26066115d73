"""Plots as SVG elements that take the page's text color, so that they suit light and dark."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure as Canvas

# Distinct without color vision, readable on white and on near-black (Okabe and Ito, 2008).
COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8f8f00", "#888888")
MARKERS = "osD^vPX*"
Points = Sequence[tuple[float, float]]
# LVIS's groups, with markers for those who cannot tell the colors apart.
GROUPS = {"frequent": ("#009e73", "o"), "common": ("#0072b2", "s"), "rare": ("#d55e00", "^")}
STYLES = ("-", "--", ":", "-.")
# All plots have one scale, so that their letters have one size; a narrow screen scales down.
REM_PER_INCH = 7.5
NARROW = 4.6  # inches; scaled down to a phone's screen, letters stay legible
LONGEST_NAME = 28
# Characters that XML does not allow, even as references; a name may hold them.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A dollar sign in a name does not start a formula.
matplotlib.rcParams["text.parse_math"] = False


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
        series: (x, y) points by name.
        x_label: What the x axis shows, with its unit.
        y_label: What the y axis shows, with its unit.
        spreads: By name, half the length of each point's error bar.
        markers: Mark each point, which suits a few of them.
        ticks: Labels of the x axis by position, where numbers would say less.

    Returns:
        An ``<svg>`` element without a size of its own.
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
    """Draw bars in groups: one value per series and group; returns an ``<svg>`` element."""
    canvas, axes = _canvas("", y_label)
    # A group is 1 wide and leaves 0.2 to the next; its bars are centered on its tick.
    width = 0.8 / max(len(series), 1)
    for i, (name, values) in enumerate(series.items()):
        x = [position + (i - (len(series) - 1) / 2) * width for position in range(len(groups))]
        bars = axes.bar(x, values, width, label=name, color=COLORS[i % len(COLORS)])
        axes.bar_label(bars, fmt="%.1f", padding=2, fontsize=8)
    axes.set_xticks(range(len(groups)), list(groups))
    _legend(canvas, axes)
    return _svg(canvas)


def class_bars(
    names: Sequence[str], series: Mapping[str, Sequence[float | None]], label: str
) -> str:
    """Draw a horizontal bar per class and series, the first class on top.

    Args:
        names: Names of the classes.
        series: By name, one value per class in percent; None draws no bar.
        label: What the values are, with their unit.

    Returns:
        An ``<svg>`` element, as high as the classes need.
    """
    thickness = 0.8 / len(series)
    # Inches: the axis, a row per class with a bar per series, a line per series in the legend.
    size = (NARROW, 1.0 + len(names) * (0.12 + 0.14 * len(series)) + 0.2 * len(series))
    canvas, axes = _canvas(label, "", size)
    for i, (name, values) in enumerate(series.items()):
        y = [position + i * thickness for position in range(len(names))]
        lengths = [0.0 if value is None else value for value in values]
        color = COLORS[i % len(COLORS)]
        bars = axes.barh(y, lengths, thickness, align="edge", label=name, color=color)
        numbers = ["" if value is None else f"{value:.1f}" for value in values]
        axes.bar_label(bars, numbers, padding=2, fontsize=7)
    axes.set_yticks([position + 0.4 for position in range(len(names))], list(map(_short, names)))
    # From high to low, so that the first class is on top.
    axes.set_ylim(len(names), -0.2)
    # Room for the numbers beside the bars.
    axes.margins(x=0.12)
    axes.grid(visible=False, axis="y")
    _legend(canvas, axes)
    return _svg(canvas)


def class_curves(series: Mapping[str, Mapping[str, Sequence[float]]], label: str) -> str:
    """Draw the values of many classes from the best to the worst.

    Args:
        series: By name, the falling values of each of LVIS's groups of frequency, or of one group
            whose name is empty. Each series has a style of line, each group a color.
        label: What the values are, with their unit.

    Returns:
        An ``<svg>`` element.
    """
    canvas, axes = _canvas("classes, from the best to the worst (%)", label, (NARROW, 3.8))
    for i, (name, groups) in enumerate(series.items()):
        style, own = STYLES[i % len(STYLES)], COLORS[i % len(COLORS)]
        for group, values in groups.items():
            color, marker = GROUPS.get(group, (own, ""))
            # In percent, so that groups of different sizes share the axis.
            x = [100 * (rank + 0.5) / len(values) for rank in range(len(values))]
            # About twelve markers per curve.
            every = max(1, len(values) // 12)
            axes.plot(x, values, style, color=color, marker=marker, markevery=every, markersize=4)
        # Curves without points: the legend gets one entry per series, then one per group.
        axes.plot([], [], style, color=own if "" in groups else "#888888", label=name)
    for group, (color, marker) in GROUPS.items():
        if any(group in groups for groups in series.values()):
            axes.plot([], [], color=color, marker=marker, label=group)
    axes.set_ylim(bottom=0)
    _legend(canvas, axes)
    return _svg(canvas)


def matrix_plot(
    rows: Sequence[str], columns: Sequence[str], shares: Sequence[Sequence[float]]
) -> str:
    """Draw a confusion matrix, rows the truth, values in percent; returns an ``<svg>`` element."""
    canvas, axes = _canvas("predicted", "truth", (NARROW, 4.4))
    axes.grid(visible=False)
    # Rows, columns.
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    axes.set_xticks(range(len(columns)), list(map(_short, columns)), rotation=60, ha="right")
    axes.set_yticks(range(len(rows)), list(map(_short, rows)))
    for row, values in enumerate(shares):
        for column, value in enumerate(values):
            # A smaller value would be shown as 0.
            if value >= 0.5:
                # White letters on the dark half of the color map.
                color = "white" if value > 50 else "#222222"
                axes.text(column, row, f"{value:.0f}", ha="center", va="center", color=color)
    return _svg(canvas)


def _canvas(
    x_label: str, y_label: str, size: tuple[float, float] = (6.4, 4.0)
) -> tuple[Canvas, Any]:
    canvas = Canvas(figsize=size, layout="constrained")
    axes = canvas.add_subplot()
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return canvas, axes


def _legend(canvas: Canvas, axes: Any) -> None:
    """Put a legend below the plot, where it covers nothing; none for a single series."""
    handles, labels = axes.get_legend_handles_labels()
    columns = 2 if max(map(len, labels), default=0) <= LONGEST_NAME else 1
    if len(labels) > 1:
        canvas.legend(
            handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=8
        )


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _svg(canvas: Canvas) -> str:
    """Return a plot as an ``<svg>`` element that scales with the page and takes its text color."""
    buffer = io.StringIO()
    # Letters stay text, and equal plots get equal ids in every run.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "iclip"}):
        canvas.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = _NOT_XML.sub("\ufffd", buffer.getvalue())
    # An element in a page has no XML declaration, and takes its size from the page.
    text = text[text.index("<svg") :]
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    width = REM_PER_INCH * canvas.get_figwidth()
    text = text.replace("<svg", f'<svg style="max-width: {width:g}rem"', 1)
    # Several plots share a page, so ids that nothing refers to are removed. The others are hashes
    # of their content and may occur twice.
    referenced = set(re.findall(r"#([\w-]+)", text))
    text = re.sub(r' id="([^"]+)"', lambda m: m[0] if m[1] in referenced else "", text)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # matplotlib writes black by leaving the fill out.
    text = text.replace("#000000", "currentColor").replace("<text ", '<text fill="currentColor" ')
    return text.strip()
