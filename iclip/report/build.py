"""From runs to the report's chapters."""

import statistics
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from iclip import __version__
from iclip.messages import counted
from iclip.report.comparison import (
    PaperRow,
    compared_tables,
    other_protocols,
    rows_of_table_1,
    rows_of_table_2,
    rows_of_table_3,
)
from iclip.report.curves import curve_section
from iclip.report.document import Document, Figure, Section, Table
from iclip.report.evaluations import evaluation_section
from iclip.report.overview import overview_section
from iclip.report.paper import paper_tables
from iclip.report.per_class import class_section
from iclip.report.pictures import pictures_of
from iclip.report.plots import line_plot
from iclip.report.provenance import provenance_section
from iclip.report.recipe_section import recipe_section
from iclip.report.run_folders import find_runs
from iclip.report.runs import Run
from iclip.report.score_words import main_scores
from iclip.report.toy import toy_section

_NOTE_OF_TABLE_3 = (
    "Zero-shot, in percent. iCLIP: Swin-B and RoBERTa-base on IN-22K and LAION-400M. The average "
    "is given only where all twelve sets were measured, and compared only where all conform."
)


def build_report(folders: Sequence[Path]) -> Document:
    """Read the runs in some folders and lay them beside the paper.

    Raises:
        FileNotFoundError: A folder is not there.
        ValueError: A folder holds no run.
    """
    runs = find_runs(folders)
    pictures, unread, more = [], [], []
    for run in runs:
        found, problems, further = pictures_of(run.path, run.name)
        pictures += found
        more += further
        unread += [(run.name, problem) for problem in problems]
    of_toy = [run for run in runs if run.is_toy]
    # What happened comes first, then what it is compared with.
    sections = (
        overview_section(runs),
        toy_section(of_toy),
        evaluation_section(runs),
        Section("pictures", "Pictures", text=more, pictures=pictures),
        paper_section([run for run in runs if not run.is_toy]),
        recipe_section(runs),
        class_section(runs),
        curve_section(runs),
        provenance_section(runs, unread),
    )
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    trained = sum(run.is_trained for run in runs)
    results = sum(
        bool(part.scores) for run in runs for result in run.results.values() for part in result.sets
    )
    told = sum(len(run.problems) for run in runs) + len(unread)
    problems_line = f" {counted(told, 'problem')}, listed at the end." if told else ""
    return Document(
        title="iCLIP: runs beside the paper",
        summary=(
            f"{counted(trained, 'run')} ({len(of_toy)} of the toy world) and "
            f"{counted(results, 'evaluation')}, read on {now} by iclip {__version__}."
            + problems_line,
            "Figures of another protocol, the toy world's above all, stand in a place of their own "
            "and are never subtracted from the paper's.",
        ),
        sections=[section for section in sections if _is_filled(section)],
    )


def paper_section(runs: Sequence[Run]) -> Section:
    """Tables 1 to 3: paper, yours, difference, and why there is none."""
    content = paper_tables()
    first, second, third = rows_of_table_1(runs), rows_of_table_2(runs), rows_of_table_3(runs)
    taken = "A run is taken where method, image tower, data, ratio and samples are the row's."
    tables: list[Table] = []
    for key, rows in (("table_1", first), ("table_2", second)):
        tables += compared_tables(key, rows, f"In percent; {content[key]['protocol']}. {taken}")
    for row in third:
        tables += compared_tables("table_3", [row], _NOTE_OF_TABLE_3)
    others = other_protocols(runs)
    if others:
        listed = [[run.name, "; ".join(why), main_scores([run], most=20)] for run, why in others]
        tables.append(
            Table(
                "Pre-training of other protocols",
                ["run", "differs from the nearest row in", "figures (%)"],
                listed,
                "Not subtracted from the paper's.",
            )
        )
    return Section(
        "paper",
        "The paper's tables",
        text=[
            "A difference is taken only where split, number of images, prompts, precision, image "
            "size and checkpoint are the row's. " + content["evaluation"]["note"] + "."
        ],
        tables=tables,
        figures=ratio_figures(first),
    )


def ratio_figures(rows: Sequence[PaperRow]) -> list[Figure]:
    """Table 1 as a curve over the ratio of the data; none without a figure of the user's."""
    ticks = {float(i): row.label.split("  ")[0] for i, row in enumerate(rows)}
    series: dict[str, list[tuple[float, float]]] = {}
    for column, title in (("in1k_top1", "IN-1K top-1"), ("coco_ir_r1", "COCO IR R@1")):
        series[f"{title}, paper"] = [(float(i), row.paper[column]) for i, row in enumerate(rows)]
        mine = [
            (float(i), value)
            for i, row in enumerate(rows)
            if (value := row.comparable(column)) is not None
        ]
        if mine:
            series[f"{title}, yours"] = mine
    if not any(name.endswith("yours") for name in series):
        return []
    return [
        Figure(
            "Table 1 as a curve",
            line_plot(series, "pairs : labelled images (%)", "%", markers=True, ticks=ticks),
            "Zero-shot accuracy and retrieval over the ratio of pairs to labelled images: "
            + "; ".join(f"{name} {_range(points)}" for name, points in series.items()),
        )
    ]


def _is_filled(section: Section) -> bool:
    return bool(section.text or section.tables or section.figures or section.pictures)


def _range(points: Sequence[tuple[float, float]]) -> str:
    values = [y for _, y in points]
    return f"{min(values):.1f} to {max(values):.1f}, mean {statistics.mean(values):.1f}"
