"""The JSON files of the evaluation tools, as tables and figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from iclip.report.class_figures import accuracies
from iclip.report.confusions import confusion_figure
from iclip.report.document import Figure, Table
from iclip.report.per_class import MOST_BARS, class_figure
from iclip.report.runs import Run

# open_clip's names of the other rows of Table 3.
_ROWS_OF_TABLE_3 = {
    "open_clip:ViT-B-16:openai": "CLIP-ViT-B/16",
    "open_clip:ViT-B-16:laion400m_e32": "OpenCLIP-ViT-B/16",
}
KORNBLITH = "kornblith12"


def kornblith_results(
    runs: Sequence[Run],
) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Figures of the twelve sets, by row of Table 3 or by run, and what was skipped."""
    found: dict[str, dict[str, float]] = {}
    skipped: list[str] = []
    for run, name, content in _contents(runs):
        if content.get("suite") != KORNBLITH:
            continue
        figures = {
            key: float(result["value"])
            for key, result in _results(content).items()
            if isinstance(result.get("value"), int | float)
        }
        if len(figures) == 12:
            figures["average"] = sum(figures.values()) / 12
        found[_ROWS_OF_TABLE_3.get(str(content.get("model")), run.name)] = figures
        skipped += [f"{run.name}/{name}: {missing}" for missing in content.get("missing", ())]
    return found, skipped


def result_tables(runs: Sequence[Run]) -> list[Table]:
    """One table a file: data set, metric, value, images."""
    tables = []
    for run, name, content in _contents(runs):
        rows = [
            [
                dataset,
                str(result.get("metric", "")),
                _shown(result.get("value")),
                f"{result.get('images', 0):,}" if result.get("images") else "-",
            ]
            for dataset, result in _results(content).items()
        ]
        rows += [
            [key, "", _shown(value), "-"]
            for key, value in (content.get("metrics") or {}).items()
            if isinstance(value, int | float)
        ]
        if rows:
            model = str(content.get("model", "")).rpartition("/")[2]
            tables.append(
                Table(
                    f"{run.name}: {name}",
                    ["data set", "metric", "value (%)", "images"],
                    rows,
                    f"Model {model}" if model else "",
                )
            )
    return tables


def confusion_figures(runs: Sequence[Run]) -> tuple[list[Figure], list[str]]:
    """Accuracy a class where there are few, and the worst classes, where confusions were kept.

    Returns:
        The figures, and what could not be read.
    """
    figures: list[Figure] = []
    unread: list[str] = []
    for run, file, content in _contents(runs):
        for dataset, result in _results(content).items():
            if result.get("confusion") is None:
                continue
            title = f"{run.name}, {dataset}"
            try:
                found = accuracies(result["confusion"])
            except ValueError as error:
                unread.append(f"{run.name}/{file}, {dataset}: {error}")
                continue
            if len(found.classes) <= MOST_BARS:
                figures.append(class_figure(title, {run.name: found}))
            figures.append(confusion_figure(title, found))
    return figures, unread


def _contents(runs: Sequence[Run]) -> list[tuple[Run, str, Mapping[str, Any]]]:
    return [(run, name, content) for run in runs for name, content in run.evaluations.items()]


def _results(content: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    results = content.get("results")
    if not isinstance(results, Mapping):
        return {}
    return {name: result for name, result in results.items() if isinstance(result, Mapping)}


def _shown(value: Any) -> str:
    return f"{value:.1f}" if isinstance(value, int | float) else "-"
