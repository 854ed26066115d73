"""Scores of each class: runs of one task side by side, the best and the worst classes."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace

from iclip.report.confusion_plot import confusion_plot
from iclip.report.page_elements import Plot, Section, Table
from iclip.report.plots import class_bars, class_curves
from iclip.report.run import Run
from iclip.report.seeds import grouped
from iclip.results import ClassScore, ClassScores
from iclip.results.class_scores import Confusion

MOST_BARS = 40  # more classes than a reader takes in as bars are drawn as a curve
MOST_SERIES = 4
EXTREMES = 10  # classes at each end of the order that the table shows
NAMED = 3  # classes with the largest differences that the text names

Series = Mapping[str, ClassScores]
"""Runs with equal classes by name; the first one gives the order."""


def class_section(runs: Sequence[Run]) -> Section:
    """Plot the classes of each task, with runs of equal classes in one plot.

    The section is empty if no run has scores of classes.
    """
    text: list[str] = []
    tables: list[Table] = []
    plots: list[Plot] = []
    for title, series in _series_by_task(runs).items():
        shown = dict(list(series.items())[:MOST_SERIES])
        if len(shown) < len(series):
            text.append(f"{title}: {len(series) - len(shown)} further runs are not drawn.")
        text += [f"{title}: {line}" for line in differences(shown)]
        plots.append(class_plot(title, shown))
        if len(next(iter(shown.values())).classes) > MOST_BARS:
            tables.append(extremes_table(title, shown))
        plots += [
            confusion_plot(name, members) for name, members in shown.items() if members.confusion
        ]
    return Section("classes", "Class by class", text=text, tables=tables, plots=plots)


def class_plot(title: str, series: Series) -> Plot:
    """Draw few classes as bars, and many as a curve, colored by frequency."""
    first = next(iter(series.values()))
    draw = _curves if len(first.classes) > MOST_BARS else _bars
    svg, words = draw(series, f"{first.metric} (%)")
    return Plot(f"{title}: {first.metric} of each class", svg, words)


def extremes_table(title: str, series: Series) -> Table:
    """List the classes that the first run does best and worst."""
    rows = _ranked(series)
    first = next(iter(series.values()))
    ranks = list(enumerate(rows, start=1))
    chosen = ranks if len(ranks) <= 2 * EXTREMES else ranks[:EXTREMES] + ranks[-EXTREMES:]
    has_frequencies = any(entry.frequency for entry in first.classes)
    without = len(first.classes) - len(rows)
    return Table(
        f"{title}: the best and the worst classes, {first.metric} (%)",
        ["class", "rank", first.counted, *(["frequency"] if has_frequencies else []), *series],
        [
            [
                row[0].name,
                f"{rank:,} of {len(rows):,}",
                f"{row[0].count:,}",
                *([row[0].frequency or "-"] if has_frequencies else []),
                *(_shown(entry.value) for entry in row),
            ]
            for rank, row in chosen
        ],
        f"In the order of {next(iter(series))}; ties: the class with more {first.counted} comes "
        "last."
        + (f" {without:,} of {len(first.classes):,} have nothing to measure." if without else ""),
    )


def differences(series: Series) -> list[str]:
    """Say in how many classes the first run is ahead of each other run, and where most."""
    (name, first), *others = series.items()
    lines = []
    for other_name, other in others:
        gains = [
            (mine.value - theirs.value, mine.name)
            for mine, theirs in zip(first.classes, other.classes, strict=True)
            if mine.value is not None and theirs.value is not None
        ]
        ahead = sorted((gain for gain in gains if gain[0] > 0), reverse=True)
        behind = sorted(gain for gain in gains if gain[0] < 0)
        lines.append(
            f"{first.metric} of {name} against {other_name}: ahead in {len(ahead)} of "
            f"{len(gains):,} classes{_listed(ahead)}, behind in {len(behind)}{_listed(behind)}."
        )
    return lines


def _series_by_task(runs: Sequence[Run]) -> dict[str, Series]:
    """Group runs, or means over seeds, by task and classes; pre-trained ones come first."""
    found: dict[tuple[object, ...], dict[str, list[ClassScores]]] = {}
    kept = [run for run in runs if run.classes is not None]
    groups_of_seeds = grouped(sorted(kept, key=lambda run: not run.is_pretrained))
    for group, members in groups_of_seeds.items():
        for run in members:
            assert run.classes is not None
            classes = run.classes
            key = (run.is_toy, run.task, classes.loader, classes.metric, classes.names)
            found.setdefault(key, {}).setdefault(group, []).append(classes)
    tasks: dict[str, Series] = {}
    for (is_toy, task, loader, *_), groups in found.items():
        title = str(task or "unknown task") + (" on the toy world" if is_toy else "")
        title += " (test)" if loader == "test_dataloader" else ""
        while title in tasks:
            title += ", other classes"
        tasks[title] = {
            name + (f", mean of {len(seeds)}" if len(seeds) > 1 else ""): mean_over_seeds(seeds)
            for name, seeds in groups.items()
        }
    return tasks


def mean_over_seeds(runs: Sequence[ClassScores]) -> ClassScores:
    """Average the values that were measured, and add up the confusions, of equal classes."""
    classes = []
    # Runs, classes -> classes, runs.
    for entries in zip(*(run.classes for run in runs), strict=True):
        values = [entry.value for entry in entries if entry.value is not None]
        classes.append(replace(entries[0], value=statistics.mean(values) if values else None))
    confusion: Confusion = ()
    if all(run.confusion for run in runs):
        # Runs, classes, classes -> classes, runs, classes; then summed over the runs.
        rows = zip(*(run.confusion for run in runs), strict=True)
        confusion = tuple(tuple(map(sum, zip(*row, strict=True))) for row in rows)
    undecided: tuple[int, ...] = ()
    if all(run.undecided for run in runs):
        undecided = tuple(map(sum, zip(*(run.undecided for run in runs), strict=True)))
    return replace(runs[0], classes=tuple(classes), confusion=confusion, undecided=undecided)


def _bars(series: Series, label: str) -> tuple[str, str]:
    rows = _ranked(series)
    bars = {name: [row[i].value for row in rows] for i, name in enumerate(series)}
    words = (f"{row[0].name} {' / '.join(_shown(entry.value) for entry in row)}" for row in rows)
    svg = class_bars([row[0].name for row in rows], bars, label)
    return svg, f"{label}, {' / '.join(series)}: {'; '.join(words)}"


def _curves(series: Series, label: str) -> tuple[str, str]:
    curves = {name: _by_frequency(scores) for name, scores in series.items()}
    # Only LVIS's classes have a frequency; without one, its place would leave two spaces.
    words = [
        f"{name}: {len(values)} {frequency} classes".replace("  ", " ")
        + f" from {values[0]:.1f} to {values[-1]:.1f}, median {statistics.median(values):.1f}"
        for name, groups in curves.items()
        for frequency, values in groups.items()
    ]
    return class_curves(curves, label), f"{label}, {'; '.join(words)}"


def _ranked(series: Series) -> list[tuple[ClassScore, ...]]:
    """Order the classes that any run has measured by the first run's score, the best first."""
    rows = zip(*(scores.classes for scores in series.values()), strict=True)
    measured = [row for row in rows if any(entry.value is not None for entry in row)]
    return sorted(measured, key=lambda row: (-(row[0].value or 0), row[0].count))


def _by_frequency(scores: ClassScores) -> dict[str, list[float]]:
    """Order the values from the best to the worst within each of LVIS's groups of frequency."""
    groups: dict[str, list[float]] = {}
    for entry in scores.classes:
        if entry.value is not None:
            groups.setdefault(entry.frequency, []).append(entry.value)
    return {frequency: sorted(values, reverse=True) for frequency, values in groups.items()}


def _listed(gains: Sequence[tuple[float, str]]) -> str:
    named = ", ".join(f"{name} {gain:+.1f}" for gain, name in gains[:NAMED])
    return f" (most in {named})" if named else ""


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
