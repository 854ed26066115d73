"""What the worst classes are taken for."""

from collections.abc import Sequence

from iclip.report.class_figures import ClassFigures
from iclip.report.document import Figure
from iclip.report.plots import matrix_plot

WORST_CLASSES = 10


def confusion_figure(title: str, figures: ClassFigures) -> Figure:
    """Confusion of the classes with the lowest accuracy, each row in percent of its class."""
    names, counts = figures.names, figures.confusion
    seen = [i for i, row in enumerate(counts) if any(row)]
    worst = sorted(seen, key=lambda i: (counts[i][i] / sum(counts[i]), -sum(counts[i])))
    worst = worst[:WORST_CLASSES]
    shares = [[100 * counts[i][j] / sum(counts[i]) for j in worst] for i in worst]
    rows = [names[i] for i in worst]
    columns = rows
    if len(worst) < len(names):
        columns = [*rows, "all others"]
        shares = [[*row, 100 - sum(row)] for row in shares]
    return Figure(
        f"{title}: the worst classes (rows: truth, in percent)",
        matrix_plot(rows, columns, shares),
        "Confusion of the classes with the lowest accuracy: "
        + "; ".join(_taken_for(names, counts[i], i) for i in worst),
    )


def _taken_for(names: Sequence[str], row: Sequence[int], label: int) -> str:
    words = f"{names[label]} {100 * row[label] / sum(row):.0f} %"
    others = [i for i in range(len(row)) if i != label and row[i]]
    if not others:
        return words
    most = max(others, key=lambda i: row[i])
    return f"{words}, most often taken for {names[most]} ({100 * row[most] / sum(row):.0f} %)"
