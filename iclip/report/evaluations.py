"""The JSON files of the evaluation tools, as tables and figures."""

from collections.abc import Sequence

from iclip.report.class_figures import accuracies
from iclip.report.confusions import confusion_figure
from iclip.report.document import Cell, Figure, Section, Table
from iclip.report.measured import NOT_RECORDED
from iclip.report.per_class import MOST_BARS, class_figure
from iclip.report.results import Result
from iclip.report.runs import Run

_TITLES = {
    "zero-shot": "zero-shot classification", "retrieval": "retrieval", "probe": "probes",
}  # fmt: skip


def evaluation_section(runs: Sequence[Run]) -> Section:
    """What tools/zeroshot.py, tools/retrieval.py and tools/probe.py have written."""
    drawn, unread = confusion_figures(runs)
    return Section(
        "evaluations",
        "Zero-shot classification, retrieval and probes",
        text=[f"Not drawn: {line}." for line in unread],
        tables=result_tables(runs),
        figures=drawn,
    )


def result_tables(runs: Sequence[Run]) -> list[Table]:
    """One table per file, every figure with the images that it counts."""
    tables = []
    for run in runs:
        for file in dict.fromkeys(result.file for result in run.results):
            results = [result for result in run.results if result.file == file]
            first = results[0]
            model = f"Model {first.model}. " if first.model else ""
            apart = "" if first.recorded else f"{NOT_RECORDED.capitalize()}."
            tables.append(
                Table(
                    f"{run.name}: {file}, {_TITLES.get(first.kind, first.kind)}",
                    ["data set", "figure", "value (%)", "images", "differs from its protocol",
                     "measured with", "fingerprints"],
                    [row for result in results for row in _rows(result)],
                    (model + apart).strip(),
                )
            )  # fmt: skip
    return tables


def confusion_figures(runs: Sequence[Run]) -> tuple[list[Figure], list[str]]:
    """Accuracy per class where there are few, and the worst classes, where confusions were kept.

    Returns:
        The figures, and what could not be read.
    """
    figures: list[Figure] = []
    unread: list[str] = []
    for run, result in _results(runs):
        confusion = result.detail.get("confusion")
        if confusion is None:
            continue
        title = f"{run.name}, {result.dataset}"
        try:
            found = accuracies(confusion)
        except ValueError as error:
            unread.append(f"{run.name}/{result.file}, {result.dataset}: {error}")
            continue
        if len(found.classes) <= MOST_BARS:
            figures.append(class_figure(title, {run.name: found}))
        figures.append(confusion_figure(title, found))
    return figures, unread


def _results(runs: Sequence[Run]) -> list[tuple[Run, Result]]:
    return [(run, result) for run in runs for result in run.results]


def _rows(result: Result) -> list[list[Cell | str]]:
    dataset = result.dataset + (f" ({result.split})" if result.split else "")
    differs: Cell | str
    if not result.recorded:
        differs = Cell("not recorded", "unknown")
    elif result.deviations:
        differs = Cell("; ".join(result.deviations), "bad")
    else:
        differs = "no" if result.protocol else "own data"
    images = result.counted + (f"; left out: {result.left_out}" if result.left_out else "")
    return [
        [
            dataset,
            figure,
            f"{value:.1f}",
            images,
            differs,
            result.how or "-",
            result.fingerprints or "-",
        ]
        for figure, value in result.figures.items()
    ]
