"""The user's figures in the places of the paper's, where the protocol is the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iclip.report.document import Cell, Table
from iclip.report.paper import (
    TABLE_3_PROTOCOL,
    Protocol,
    paper_tables,
    table_1_protocol,
    table_2_protocol,
)
from iclip.report.runs import Run

# A column of the paper's tables and where a run or an evaluation has it.
METRICS = {
    "in1k_top1": "imagenet1k/top1",
    "coco_ir_r1": "coco/ir_r1",
    "coco_tr_r1": "coco/tr_r1",
    "flickr30k_ir_r1": "flickr30k/ir_r1",
    "flickr30k_tr_r1": "flickr30k/tr_r1",
}
TITLES = {
    "in1k_top1": "IN-1K top-1",
    "coco_ir_r1": "COCO IR R@1",
    "coco_tr_r1": "COCO TR R@1",
    "flickr30k_ir_r1": "Flickr30K IR R@1",
    "flickr30k_tr_r1": "Flickr30K TR R@1",
}
NONE = "no run of this protocol"


@dataclass(frozen=True)
class Compared:
    """One of the paper's tables beside the user's figures.

    Attributes:
        table: To be shown.
        points: For each row its label, the paper's figures and the user's, by column.
    """

    table: Table
    points: Sequence[tuple[str, Mapping[str, float], Mapping[str, float]]]


def compare_table_1(runs: Sequence[Run]) -> Compared:
    """The ratio of the two kinds of data."""
    return _compare(
        "table_1",
        runs,
        "Table 1",
        lambda row: (f"{row[0]} : {row[1]}  {row[2]}", table_1_protocol(*row[:3])),
        labels=3,
    )


def compare_table_2(runs: Sequence[Run]) -> Compared:
    """UniCL and iCLIP in retrieval."""
    return _compare(
        "table_2",
        runs,
        "Table 2",
        lambda row: (f"{row[1]}, {row[0]}", table_2_protocol(*row[:2])),
        labels=2,
    )


def compare_table_3(runs: Sequence[Run], kornblith: Mapping[str, Mapping[str, float]]) -> Table:
    """Zero-shot classification on twelve data sets.

    Args:
        runs: All runs, of which that of Table 3's protocol is taken.
        kornblith: For a row of the table, or a run's name, the figures by data set.
    """
    content = paper_tables()["table_3"]
    names = content["columns"][1:]
    rows = []
    for method, *values in content["rows"]:
        mine = kornblith.get(method)
        if mine is None and method == "iCLIP":
            mine = _first(runs, kornblith)
        rows.append([method, "paper", *(f"{value:.1f}" for value in values)])
        yours = [_shown(None if mine is None else mine.get(name)) for name in names]
        rows.append(["", "yours", *yours])
        pairs = zip(names, values, strict=True)
        rows.append(["", "difference", *(_difference(value, mine, name) for name, value in pairs)])
    return Table(
        f"Table 3: {content['title']}",
        ["method", "", *(name.replace("_", " ") for name in names)],
        rows,
        "Zero-shot, in percent. iCLIP: Swin-B and RoBERTa-base on IN-22K and LAION-400M. The "
        "average is given only where all twelve sets were there.",
    )


def other_protocols(runs: Sequence[Run]) -> list[tuple[Run, list[str]]]:
    """Runs of pre-training that follow no row's protocol, each with what is nearest and why not."""
    listed = []
    for run in runs:
        protocol = Protocol.of(run) if run.task == "pre-training" else None
        if protocol is None or run.is_toy:
            continue
        deviations = [protocol.deviations(wanted) for wanted in _all_protocols()]
        nearest = min(deviations, key=len)
        if nearest:
            listed.append((run, nearest))
    return listed


def _all_protocols() -> list[Protocol]:
    tables = paper_tables()
    return [
        *(table_1_protocol(*row[:3]) for row in tables["table_1"]["rows"]),
        *(table_2_protocol(*row[:2]) for row in tables["table_2"]["rows"]),
    ]


def _compare(
    key: str,
    runs: Sequence[Run],
    title: str,
    describe: Callable[[Sequence[Any]], tuple[str, Protocol]],
    labels: int,
) -> Compared:
    content = paper_tables()[key]
    columns = content["columns"][labels:]
    rows, points = [], []
    for row in content["rows"]:
        label, wanted = describe(row)
        paper = dict(zip(columns, row[labels:], strict=True))
        run = next((run for run in runs if _follows(run, wanted)), None)
        mine = {} if run is None else figures(run)
        cells: list[Cell | str] = [label]
        for column in columns:
            cells += [f"{paper[column]:.1f}", _shown(mine.get(column))]
            cells.append(_difference(paper[column], mine, column))
        rows.append([*cells, NONE if run is None else run.name])
        points.append((label, paper, mine))
    table = Table(
        f"{title}: {content['title']}",
        [
            "pairs : labelled, method" if key == "table_1" else "method, data",
            *("paper", "yours", "difference") * len(columns),
            "run",
        ],
        rows,
        f"In percent; {content['protocol']}. A run is taken where method, image tower, data, ratio "
        "and samples are the row's.",
        [("", 1), *((TITLES[column], 3) for column in columns), ("", 1)],
    )
    return Compared(table, points)


def figures(run: Run) -> dict[str, float]:
    """A run's figures by the paper's columns, from its last validation and its evaluations."""
    found = {c: run.metrics[name] for c, name in METRICS.items() if name in run.metrics}
    for evaluation in run.evaluations.values():
        metrics = evaluation.get("metrics", {})
        found |= {c: metrics[name] for c, name in METRICS.items() if name in metrics}
    return found


def _follows(run: Run, wanted: Protocol) -> bool:
    protocol = Protocol.of(run) if run.task == "pre-training" else None
    return protocol is not None and not protocol.deviations(wanted)


def _first(
    runs: Sequence[Run], kornblith: Mapping[str, Mapping[str, float]]
) -> Mapping[str, float] | None:
    for run in runs:
        protocol = Protocol.of(run)
        same = protocol is not None and (protocol.method, protocol.arch, protocol.data) == (
            TABLE_3_PROTOCOL.method,
            TABLE_3_PROTOCOL.arch,
            TABLE_3_PROTOCOL.data,
        )
        if same and run.name in kornblith:
            return kornblith[run.name]
    return None


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _difference(paper: float, mine: Mapping[str, float] | None, name: str) -> Cell:
    if mine is None or name not in mine:
        return Cell("-")
    difference = mine[name] - paper
    return Cell(f"{difference:+.1f}", "good" if difference >= 0 else "bad")
