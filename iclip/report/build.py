"""From runs to the report's chapters."""

import statistics
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from iclip import __version__
from iclip.report import toy
from iclip.report.comparison import (
    Compared,
    compare_table_1,
    compare_table_2,
    compare_table_3,
    figures,
    other_protocols,
)
from iclip.report.document import Cell, Document, Figure, Section, Table
from iclip.report.evaluations import confusion_figures, kornblith_results, result_tables
from iclip.report.paper import ANCHORS
from iclip.report.per_class import class_section
from iclip.report.pictures import pictures_of
from iclip.report.plots import bar_plot, line_plot
from iclip.report.provenance import provenance_section
from iclip.report.runs import Run, find_runs
from iclip.report.section_c import check_recipe

# Logged scalars that are worth a curve, and their axes.
CURVES = {"loss": "loss", "lr": "learning rate", "images_per_second": "images/s"}
MOST_CURVES = 12
FREQUENCIES = {"lvis/APr": "rare", "lvis/APc": "common", "lvis/APf": "frequent"}


def build_report(folders: Sequence[Path]) -> Document:
    """Read the runs in some folders and lay them beside the paper.

    Raises:
        FileNotFoundError: A folder is not there.
        ValueError: A folder holds no run.
    """
    runs = find_runs(folders)
    pictures, unread = [], []
    for run in runs:
        found, problems = pictures_of(run.path, run.name)
        pictures += found
        unread += [(run.name, problem) for problem in problems]
    own, of_toy = [run for run in runs if not run.is_toy], [run for run in runs if run.is_toy]
    sections = (
        paper_section(own),
        recipe_section([run for run in runs if check_recipe(run)]),
        toy.section(of_toy),
        class_section(runs),
        evaluation_section(runs),
        curve_section(runs),
        Section("pictures", "Pictures", pictures=pictures),
        provenance_section(runs, unread),
    )
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    return Document(
        title="iCLIP: runs beside the paper",
        summary=(
            f"{len(runs)} runs ({len(of_toy)} of the toy world), read on {now} by iclip "
            f"{__version__}.",
            "Figures of another protocol, the toy world's above all, stand in a place of their own "
            "and are never subtracted from the paper's.",
        ),
        sections=[section for section in sections if _is_filled(section)],
    )


def paper_section(runs: Sequence[Run]) -> Section:
    """Tables 1 to 3: paper, yours, difference."""
    first, second = compare_table_1(runs), compare_table_2(runs)
    kornblith, skipped = kornblith_results(runs)
    others = other_protocols(runs)
    tables = [first.table, second.table, compare_table_3(runs, kornblith)]
    if others:
        rows = [[run.name, "; ".join(why), _listed(figures(run))] for run, why in others]
        tables.append(
            Table(
                "Pre-training of other protocols",
                ["run", "differs from the nearest row in", "figures"],
                rows,
                "Not subtracted from the paper's.",
            )
        )
    return Section(
        "paper",
        "The paper's tables",
        text=[f"Skipped in Table 3: {line}" for line in skipped],
        tables=tables,
        figures=[ratio_figure(first)],
    )


def ratio_figure(compared: Compared) -> Figure:
    """Table 1 as a curve over the ratio of the data."""
    ticks = {float(i): label.split("  ")[0] for i, (label, _, _) in enumerate(compared.points)}
    series: dict[str, list[tuple[float, float]]] = {}
    papers, mine = [row[1] for row in compared.points], [row[2] for row in compared.points]
    for who, rows in (("paper", papers), ("yours", mine)):
        for column, title in (("in1k_top1", "IN-1K top-1"), ("coco_ir_r1", "COCO IR R@1")):
            points = [(float(i), row[column]) for i, row in enumerate(rows) if column in row]
            if points:
                series[f"{title}, {who}"] = points
    return Figure(
        "Table 1 as a curve",
        line_plot(series, "pairs : labelled images (%)", "%", markers=True, ticks=ticks),
        "Zero-shot accuracy and retrieval over the ratio of pairs to labelled images: "
        + "; ".join(f"{name} {_range(points)}" for name, points in series.items()),
    )


def recipe_section(runs: Sequence[Run]) -> Section:
    """Section C: each transfer's recipe line by line, then its metrics beside public anchors."""
    tables = []
    for run in runs:
        verdicts = check_recipe(run)
        counts = {
            status: sum(verdict.status == status for verdict in verdicts)
            for status in ("conforms", "differs", "unknown")
        }
        tones = {"conforms": "good", "differs": "bad", "unknown": "unknown"}
        rows: list[list[Cell | str]] = [
            [v.line.what, _text(v.line.wanted), _text(v.found),
             Cell(v.status, tones[v.status]), v.line.origin]
            for v in verdicts
        ]  # fmt: skip
        summed = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
        toy_note = " A run of the toy world differs in sizes and schedule by design."
        tables.append(
            Table(
                f"{run.task}: {run.name} ({summed})",
                ["setting", "recipe", "this run", "verdict", "origin"],
                rows,
                f"Metrics: {_listed(run.metrics) or 'none yet'}. Anchor: {ANCHORS[run.task]}."
                + (toy_note if run.is_toy else ""),
            )
        )
    return Section(
        "section-c",
        "Section C: the transfers' recipes",
        text=["Each line of the recipe against the run's resolved config."] if tables else (),
        tables=tables,
        figures=frequency_figures(runs),
    )


def frequency_figures(runs: Sequence[Run]) -> list[Figure]:
    """LVIS's AP by the frequency of the categories."""
    detected = {
        run.name: [run.metrics[name] for name in FREQUENCIES]
        for run in runs
        if FREQUENCIES.keys() <= run.metrics.keys()
    }
    if not detected:
        return []
    words = [
        f"{name}: rare {rare:.1f}, common {common:.1f}, frequent {frequent:.1f}"
        for name, (rare, common, frequent) in detected.items()
    ]
    svg = bar_plot(list(FREQUENCIES.values()), detected, "box AP (%)")
    return [Figure("Box AP by frequency of the categories", svg, "; ".join(words))]


def evaluation_section(runs: Sequence[Run]) -> Section:
    """What tools/zeroshot.py, tools/retrieval.py and the probe have written."""
    drawn, unread = confusion_figures(runs)
    return Section(
        "evaluations",
        "Zero-shot classification, retrieval and probes",
        text=[f"Not drawn: {line}." for line in unread],
        tables=result_tables(runs),
        figures=drawn,
    )


def curve_section(runs: Sequence[Run]) -> Section:
    """Training curves; of a group of seeds the first one's."""
    groups: dict[str, Run] = {}
    for run in runs:
        if run.curve:
            groups.setdefault(run.group, run)
    shown = list(groups.values())[:MOST_CURVES]
    figures_ = []
    for key, label in CURVES.items():
        series = {run.group: points for run in shown if (points := _points(run, key))}
        if series:
            words = f"{label} over iterations: " + "; ".join(
                f"{name} from {points[0][1]:.3g} to {points[-1][1]:.3g}"
                for name, points in series.items()
            )
            figures_.append(Figure(f"{label}", line_plot(series, "iteration", label), words))
    left_out = len(groups) - len(shown)
    text = [f"{left_out} further runs are not drawn."] if left_out > 0 else []
    return Section("curves", "Training curves", text=text, figures=figures_)


def _points(run: Run, key: str) -> list[tuple[float, float]]:
    found = []
    for line in run.curve:
        value = line.get(f"train/{key}", line.get(key))
        if isinstance(value, int | float) and "step" in line:
            found.append((float(line["step"]), float(value)))
    return found


def _is_filled(section: Section) -> bool:
    return bool(section.text or section.tables or section.figures or section.pictures)


def _listed(metrics: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())


def _range(points: Sequence[tuple[float, float]]) -> str:
    values = [y for _, y in points]
    return f"{min(values):.1f} to {max(values):.1f}, mean {statistics.mean(values):.1f}"


def _text(value: object) -> str:
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " x ".join(_text(item) for item in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
