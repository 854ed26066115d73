"""The results of the evaluation tools, as tables and plots."""

from collections.abc import Sequence

from iclip.report.class_section import MOST_BARS, class_plot
from iclip.report.confusion_plot import confusion_plot
from iclip.report.measured_scores import NOT_RECORDED
from iclip.report.page_elements import Cell, Plot, Section, Table
from iclip.report.run import Run
from iclip.report.score_words import counted_images, fingerprints, how_measured, score_label
from iclip.results import PROBE, RETRIEVAL, WORD_MAPS, ZERO_SHOT, Result, SetResult

_TITLES = {
    ZERO_SHOT: "zero-shot classification", RETRIEVAL: "retrieval", PROBE: "probes",
    WORD_MAPS: "segmentation by words, untrained dense maps",
}  # fmt: skip
_COLUMNS = (
    "data set", "score", "value (%)", "images", "differs from its protocol", "measured with",
    "fingerprints",
)  # fmt: skip


def evaluation_section(runs: Sequence[Run]) -> Section:
    """Show what zeroshot, retrieval, probe and segment have written."""
    return Section(
        "evaluations",
        "Zero-shot classification, retrieval, probes and word maps",
        tables=[
            _result_table(run.name, file, result)
            for run in runs
            for file, result in run.results.items()
            if result.metrics
        ],
        plots=_class_plots(runs),
    )


def _result_table(name: str, file: str, result: Result) -> Table:
    """Lay out the scores of a file, each with the images that it counts."""
    model = f"Model {result.model}. " if result.model else ""
    caveat = "" if result.recorded else f"{NOT_RECORDED.capitalize()}."
    return Table(
        f"{name}: {file}, {_TITLES.get(result.kind, result.kind)}",
        _COLUMNS,
        [row for part in result.sets for row in _rows(result, part)],
        (model + caveat).strip(),
    )


def _class_plots(runs: Sequence[Run]) -> list[Plot]:
    """Draw each class's accuracy if there are few, and the worst classes' confusion if kept."""
    plots: list[Plot] = []
    for run in runs:
        for part in (part for result in run.results.values() for part in result.sets):
            if part.per_class is None or not part.scores:
                continue
            title = f"{run.name}, {part.name}"
            if len(part.per_class.classes) <= MOST_BARS:
                plots.append(class_plot(title, {run.name: part.per_class}))
            if part.per_class.confusion:
                plots.append(confusion_plot(title, part.per_class))
    return plots


def _rows(result: Result, part: SetResult) -> list[list[Cell | str]]:
    differs: Cell | str
    if not result.recorded:
        differs = Cell("not recorded", "unknown")
    elif part.deviations:
        differs = Cell("; ".join(part.deviations), "bad")
    else:
        differs = "no" if part.protocol else "own data"
    images = counted_images(part) + (f"; left out: {part.left_out}" if part.left_out else "")
    return [
        [
            part.name + (f" ({part.split})" if part.split else ""),
            score_label(name),
            f"{value:.1f}",
            images,
            differs,
            how_measured(result, part) or "-",
            fingerprints(result, part) or "-",
        ]
        for name, value in part.short_scores.items()
    ]
