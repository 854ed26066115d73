"""The paper's tables: each number beside the user's, and why there is no difference."""

import statistics
from collections.abc import Sequence

from iclip.messages import counted
from iclip.report.causes import causes_in_words, causes_of
from iclip.report.distribution import APART, verdict
from iclip.report.known_spreads import known_spread
from iclip.report.page_elements import Cell, Plot, Section, Table
from iclip.report.paper_protocol import paper_tables
from iclip.report.paper_rows import (
    COLUMNS,
    NO_RUN,
    PaperRow,
    other_protocols,
    rows_of_table_1,
    rows_of_table_2,
    rows_of_table_3,
)
from iclip.report.plots import line_plot
from iclip.report.run import Run
from iclip.report.score_words import main_scores
from iclip.results.toy_tables import mean_and_spread
from iclip.tasks import PRE_TRAINING

_HEADINGS = (
    *("paper", "yours", "difference", "images", "why no difference", "measured by"),
    *("verdict", "known to differ"),
)
_VERDICTS = (
    "A verdict takes the paper's score for one more run: it is apart where it lies outside of the "
    "95 % prediction interval of your seeds. The paper states no spread; beside a single run, that "
    "of the toy world's runs is taken (BENCHMARKS.md), which says less."
)
_NOTE_OF_TABLE_3 = (
    "Zero-shot, in percent. iCLIP: Swin-B and RoBERTa-base on IN-22K and LAION-400M. The average "
    "is given only where all twelve sets were measured, and compared only where all conform."
)


def paper_section(runs: Sequence[Run]) -> Section:
    """Lay out Tables 1 to 3: paper, yours, difference, or why there is none."""
    content = paper_tables()
    first, second, third = rows_of_table_1(runs), rows_of_table_2(runs), rows_of_table_3(runs)
    taken = "A run is taken where method, image tower, data, ratio and samples are the row's."
    tables: list[Table] = []
    for key, rows in (("table_1", first), ("table_2", second)):
        tables += compared_tables(
            key, rows, f"In percent; {content[key]['protocol']}. {taken}", runs
        )
    for row in third:
        tables += compared_tables("table_3", [row], _NOTE_OF_TABLE_3, runs)
    others = other_protocols(runs)
    if others:
        listed = [[run.name, "; ".join(why), main_scores([run], most=20)] for run, why in others]
        tables.append(
            Table(
                "Pre-training of other protocols",
                ["run", "differs from the nearest row in", "scores (%)"],
                listed,
                "Not subtracted from the paper's.",
            )
        )
    return Section(
        "paper",
        "The paper's tables",
        text=[
            "A difference is taken only where split, number of images, prompts, precision, image "
            "size and checkpoint are the row's. " + content["evaluation"]["note"] + ".",
            _VERDICTS,
        ],
        tables=tables,
        plots=ratio_plots(first),
    )


def ratio_plots(rows: Sequence[PaperRow]) -> list[Plot]:
    """Draw Table 1 over the ratio of the data; nothing without a score of the user's."""
    # Two spaces separate a label's ratio from its method.
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
        Plot(
            "Table 1 as a curve",
            line_plot(series, "pairs : labelled images (%)", "%", markers=True, ticks=ticks),
            "Zero-shot accuracy and retrieval over the ratio of pairs to labelled images: "
            + "; ".join(f"{name} {_range(points)}" for name, points in series.items()),
        )
    ]


def compared_tables(
    key: str, rows: Sequence[PaperRow], note: str, runs: Sequence[Run]
) -> list[Table]:
    """Lay out rows of a table beside the user's scores; rows without a run get a folded table.

    Args:
        key: The table's key in ``paper_tables.json``.
        rows: All rows of the table, or one of them.
        note: Protocol, or how to read the table.
        runs: All runs.
    """
    with_run = [row for row in rows if row.run]
    without = [row for row in rows if not row.run]
    parts = [part for part in (with_run, without) if part]
    return [_compared_table(key, part, note, runs) for part in parts]


def _compared_table(key: str, rows: Sequence[PaperRow], note: str, runs: Sequence[Run]) -> Table:
    cells = [
        _cells(row, column, value, runs) for row in rows for column, value in row.paper.items()
    ]
    title = f"Table {key[-1]}: {paper_tables()[key]['title']}"
    label = "row, score"
    if key == "table_3":
        title, label = f"{title}: {rows[0].label}", "data set"
        note = f"{note} Measured: {rows[0].run}." if rows[0].run else note
    folded = "" if rows[0].run else NO_RUN
    if folded and key != "table_3":
        folded = f"{counted(len(rows), 'row')}: {NO_RUN}"
    return Table(title, [label, *_HEADINGS], cells, note, folded=folded)


def _cells(row: PaperRow, column: str, paper: float, runs: Sequence[Run]) -> list[Cell | str]:
    shown = COLUMNS[column][0] if column in COLUMNS else column.replace("_", " ")
    label = f"{row.label}, {shown}" if column in COLUMNS else shown
    several = row.mine.get(column)
    if not several:
        why = f"not measured by {row.run}" if row.run else NO_RUN
        return [label, f"{paper:.1f}", "-", "-", "-", why, "-", "-", "-"]
    best, *others = several
    values = row.comparables(column)
    mine = mean_and_spread(values or [best.value])
    also = "".join(f"; also {m.value:.1f} ({m.source})" for m in others if m.value != best.value)
    run = row.run if column in COLUMNS else ""
    by = ", ".join(part for part in (run, best.source, best.how) if part) + also
    if row.experiment is not None and len(row.experiment.runs) > 1:
        by += f"; {row.experiment.numbers}"
    images, why = best.images, "-" if values else "; ".join(best.causes)
    return [label, f"{paper:.1f}", mine, *_judged(row, column, paper, (images, why, by), runs)]


def _judged(
    row: PaperRow, column: str, paper: float, told: tuple[str, ...], runs: Sequence[Run]
) -> list[Cell | str]:
    """Write difference, what is told of it, verdict, and what is known to differ."""
    values = row.comparables(column)
    if not values:
        return [Cell("-"), *told, "-", "-"]
    metric = COLUMNS[column][1] if column in COLUMNS else f"{column}/top1"
    found = verdict(values, paper, known_spread(PRE_TRAINING, metric))
    gap = f"{found.difference:+.1f}"
    if row.experiment is None:
        return [Cell(gap), *told, "the row's own weights: no seeds", "-"]
    if found.status != APART:
        return [Cell(gap), *told, found.words, "-"]
    tone = "good" if found.difference > 0 else "bad"
    causes = causes_in_words(causes_of(row.experiment.runs[0], runs))
    return [Cell(gap, tone), *told, found.words, causes]


def _range(points: Sequence[tuple[float, float]]) -> str:
    values = [y for _, y in points]
    return f"{min(values):.1f} to {max(values):.1f}, mean {statistics.mean(values):.1f}"
