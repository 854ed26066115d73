"""Rows of the paper's tables, each with the scores of the user's run that follows its protocol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import mean
from typing import Any

from iclip.report.experiments import Experiment, experiments
from iclip.report.measured_scores import Measured, scores_of_model, scores_of_run
from iclip.report.paper_protocol import (
    TABLE_3_PROTOCOL,
    PaperProtocol,
    paper_tables,
    table_1_protocol,
    table_2_protocol,
)
from iclip.report.run import Run

# Columns of Tables 1 and 2: how each is shown, and what a run or an evaluation calls it.
COLUMNS = {
    "in1k_top1": ("IN-1K top-1", "imagenet1k/top1"),
    "coco_ir_r1": ("COCO IR R@1", "coco/ir_r1"),
    "coco_tr_r1": ("COCO TR R@1", "coco/tr_r1"),
    "flickr30k_ir_r1": ("Flickr30K IR R@1", "flickr30k/ir_r1"),
    "flickr30k_tr_r1": ("Flickr30K TR R@1", "flickr30k/tr_r1"),
}
# The other rows of Table 3, as open_clip names the models.
OPEN_CLIP_MODELS = {
    "CLIP-ViT-B/16": "open_clip:ViT-B-16:openai",
    "OpenCLIP-ViT-B/16": "open_clip:ViT-B-16:laion400m_e32",
}
AVERAGE = "average"
NO_RUN = "no run of this protocol"


@dataclass(frozen=True)
class PaperRow:
    """A row of one of the paper's tables with the run that follows its protocol.

    Attributes:
        label: The row's name as shown.
        paper: The paper's scores by column.
        run: Name of the run or model; empty if there is none.
        mine: The run's scores by column; of several, the one nearest to the protocol comes first.
        experiment: The run with its seeds; None if there is none.
        seeds: Comparable scores of these seeds by column, one per run.
    """

    label: str
    paper: Mapping[str, float]
    run: str
    mine: Mapping[str, Sequence[Measured]]
    experiment: Experiment | None = None
    seeds: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def comparables(self, column: str) -> Sequence[float]:
        """Return the scores that are comparable with the paper's: one per seed, or one."""
        several = self.seeds.get(column)
        measured = self.mine.get(column)
        return several or ([measured[0].value] if measured and not measured[0].causes else [])

    def comparable(self, column: str) -> float | None:
        """Return the mean of the scores that are comparable with the paper's; None if none is."""
        values = self.comparables(column)
        return mean(values) if values else None


def rows_of_table_1(runs: Sequence[Run]) -> list[PaperRow]:
    """Return the rows of Table 1, the ratio of the two kinds of data."""
    return [
        _row("table_1", row, 3, f"{row[0]} : {row[1]}  {row[2]}", table_1_protocol(*row[:3]), runs)
        for row in paper_tables()["table_1"]["rows"]
    ]


def rows_of_table_2(runs: Sequence[Run]) -> list[PaperRow]:
    """Return the rows of Table 2, UniCL and iCLIP in retrieval."""
    return [
        _row("table_2", row, 2, f"{row[1]}, {row[0]}", table_2_protocol(*row[:2]), runs)
        for row in paper_tables()["table_2"]["rows"]
    ]


def rows_of_table_3(runs: Sequence[Run]) -> list[PaperRow]:
    """Return the rows of Table 3, zero-shot classification: one model and its weights per row."""
    columns = paper_tables()["table_3"]["columns"][1:]
    rows = []
    for method, *values in paper_tables()["table_3"]["rows"]:
        model = OPEN_CLIP_MODELS.get(method)
        run, seeds = None, {}
        if model is not None:
            name, found = model, scores_of_model(model, runs)
        else:
            run = _run_of(runs, TABLE_3_PROTOCOL)
            name = run.name if run else ""
            found = scores_of_run(run, runs) if run else {}
        mine = _by_data_set(found, columns)
        paper = dict(zip(columns, values, strict=True))
        experiment = _experiment_of(run, runs)
        if experiment is not None:
            found_of = [scores_of_run(r, runs) for r in experiment.counting]
            each = [_of_one_model(_by_data_set(found, columns)) for found in found_of]
            seeds = {column: _comparable_values(each, column) for column in columns}
        rows.append(
            PaperRow(method, paper, name if mine else "", _of_one_model(mine), experiment, seeds)
        )
    return rows


def other_protocols(runs: Sequence[Run]) -> list[tuple[Run, list[str]]]:
    """List the pre-training runs that follow no row, with their differences from the nearest."""
    tables = paper_tables()
    wanted = [
        *(table_1_protocol(*row[:3]) for row in tables["table_1"]["rows"]),
        *(table_2_protocol(*row[:2]) for row in tables["table_2"]["rows"]),
        TABLE_3_PROTOCOL,
    ]
    listed = []
    for run in runs:
        protocol = PaperProtocol.of(run)
        if protocol is None or run.is_toy:
            continue
        nearest = min((protocol.deviations(row) for row in wanted), key=len)
        if nearest:
            listed.append((run, nearest))
    return listed


def _row(
    key: str,
    row: Sequence[Any],
    labels: int,
    label: str,
    wanted: PaperProtocol,
    runs: Sequence[Run],
) -> PaperRow:
    """Make a row of Table 1 or 2, whose first ``labels`` entries name it; the rest are scores."""
    columns = paper_tables()[key]["columns"][labels:]
    paper = dict(zip(columns, row[labels:], strict=True))
    run = _run_of(runs, wanted)
    found = scores_of_run(run, runs) if run else {}
    names = {column: COLUMNS[column][1] for column in columns}
    mine = {column: found[name] for column, name in names.items() if name in found}
    experiment = _experiment_of(run, runs)
    each = [scores_of_run(r, runs) for r in experiment.counting] if experiment else []
    seeds = {column: _comparable_values(each, name) for column, name in names.items()}
    return PaperRow(label, paper, run.name if run else "", mine, experiment, seeds)


def _experiment_of(run: Run | None, runs: Sequence[Run]) -> Experiment | None:
    """Find the seeds among which a run is."""
    listed = experiments(runs) if run is not None else []
    return next((found for found in listed if any(r is run for r in found.runs)), None)


def _comparable_values(seeds: Sequence[Mapping[str, Sequence[Measured]]], name: str) -> list[float]:
    """Return the comparable score of each seed that has one."""
    return [
        scores[name][0].value for scores in seeds if scores.get(name) and not scores[name][0].causes
    ]


def _by_data_set(
    found: Mapping[str, list[Measured]], columns: Sequence[str]
) -> dict[str, list[Measured]]:
    """Collect scores by their data sets: a column is a set, a score has a longer name."""
    return {
        column: several
        for column in columns
        if (several := [m for key, ms in found.items() if key.split("/")[0] == column for m in ms])
    }


def _run_of(runs: Sequence[Run], wanted: PaperProtocol) -> Run | None:
    """Find the first run of a protocol; one with scores comes before one without."""
    following = [
        run for run in runs if (p := PaperProtocol.of(run)) is not None and not p.deviations(wanted)
    ]
    first = following[0] if following else None
    return next((run for run in following if scores_of_run(run, runs)), first)


def _of_one_model(mine: dict[str, list[Measured]]) -> dict[str, list[Measured]]:
    """Mark scores of other weights than most, and add the average if no data set is missing."""
    weights = [several[0].weights for several in mine.values() if several[0].weights]
    common = max(weights, key=weights.count, default="")
    checked = {column: [_marked(m, common) for m in several] for column, several in mine.items()}
    conforming = [several[0] for several in checked.values() if not several[0].causes]
    # Without the columns of the method and of the average.
    whole = len(paper_tables()["table_3"]["columns"]) - 2
    if len(checked) == whole:
        value = sum(several[0].value for several in checked.values()) / whole
        few = () if len(conforming) == whole else (f"{len(conforming)} of {whole} sets conform",)
        checked[AVERAGE] = [Measured(value, f"{whole} of {whole} sets", "", "", few)]
    return checked


def _marked(measured: Measured, common: str) -> Measured:
    """Add a cause to a score of other weights than the common ones."""
    if measured.weights in ("", common):
        return measured
    cause = f"other weights ({measured.weights[:8]}, not {common[:8]})"
    return replace(measured, causes=(*measured.causes, cause))
