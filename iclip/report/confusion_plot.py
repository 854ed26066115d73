"""What the worst classes are taken for."""

from collections.abc import Sequence

from iclip.report.page_elements import Plot
from iclip.report.plots import matrix_plot
from iclip.results import ClassScores

WORST_CLASSES = 10


def confusion_plot(title: str, scores: ClassScores) -> Plot:
    """Draw the confusion of the classes with the lowest accuracy, in percent of each class."""
    names, counts, totals = scores.names, scores.confusion, scores.totals
    undecided = scores.undecided or (0,) * len(names)
    seen = [i for i, total in enumerate(totals) if total]
    # The lowest accuracy first; of equal ones, the class with more images.
    worst = sorted(seen, key=lambda i: (counts[i][i] / totals[i], -totals[i]))
    worst = worst[:WORST_CLASSES]
    # Truth, prediction: in percent of the true class.
    shares = [[100 * counts[i][j] / totals[i] for j in worst] for i in worst]
    rows = [names[i] for i in worst]
    columns = list(rows)
    if len(worst) < len(names):
        columns.append("all others")
        others = [100 * (sum(counts[i]) - sum(counts[i][j] for j in worst)) / totals[i]
                  for i in worst]  # fmt: skip
        shares = [[*row, other] for row, other in zip(shares, others, strict=True)]
    if any(undecided[i] for i in worst):
        columns.append("no class")
        shares = [[*row, 100 * undecided[i] / totals[i]]
                  for row, i in zip(shares, worst, strict=True)]  # fmt: skip
    return Plot(
        f"{title}: the worst classes (rows: truth, in percent)",
        matrix_plot(rows, columns, shares),
        "Confusion of the classes with the lowest accuracy: "
        + "; ".join(_taken_for(names, counts[i], i, undecided[i]) for i in worst),
    )


def _taken_for(names: Sequence[str], row: Sequence[int], label: int, undecided: int) -> str:
    """Say how often a class is right, and which other class it is most often taken for."""
    total = sum(row) + undecided
    words = f"{names[label]} {100 * row[label] / total:.0f} %"
    if undecided:
        words += f" ({undecided:,} without a class: equal scores, or not finite)"
    others = [i for i in range(len(row)) if i != label and row[i]]
    if not others:
        return words
    most = max(others, key=lambda i: row[i])
    return f"{words}, most often taken for {names[most]} ({100 * row[most] / total:.0f} %)"
