"""The toy world's runs: their own place, their own chance levels, mean and spread over seeds."""

import json
import statistics
from collections.abc import Mapping, Sequence

from iclip.report.config_text import setting
from iclip.report.document import Figure, Section, Table
from iclip.report.plots import bar_plot, line_plot
from iclip.report.runs import Run
from iclip.toy.comparison import COLUMNS, first_values, mean_and_spread
from iclip.toy.transfers import TRANSFERS, in_percent

# What the curve over the ratio shows.
OVER_RATIO = ("seen", "new combination, among all", "R@1 image to text", "R@1 text to image")
_TASKS = {transfer.task for transfer in TRANSFERS}


def section(runs: Sequence[Run]) -> Section:
    """The toy world's chapter; empty without such runs."""
    trained = [run for run in runs if run.task == "pre-training" and run.metrics]
    tables, figures = [], []
    if trained:
        tables.append(method_table(trained))
    figures += ratio_figures(trained)
    transfers = [run for run in runs if run.task in _TASKS and run.metrics]
    if transfers:
        tables.append(transfer_table(transfers))
        figures.append(transfer_figure(transfers))
    return Section(
        "toy",
        "The toy world",
        text=(
            [
                "Procedural scenes and micro models on a CPU: the whole chain in small. These "
                "figures say whether the code works and how methods compare there; they are not "
                "comparable with the paper's."
            ]
            if tables
            else ()
        ),
        tables=tables,
        figures=figures,
    )


def method_table(runs: Sequence[Run]) -> Table:
    """Zero-shot accuracy and retrieval by method, mean and deviation; most pairs first."""
    rows = []
    groups = sorted(_groups(runs).items(), key=lambda group: -_pairs_percent(group[1][0]))
    for group, members in groups:
        cells = [mean_and_spread(_values(members, names)) for names in COLUMNS.values()]
        samples = max(run.samples_seen for run in members)
        rows.append([group, _ratio(members[0]), f"{samples:,}", *cells, str(len(members))])
    return Table(
        "Pre-training on the toy world (%)",
        ["run", "pairs : labelled", "samples", *COLUMNS, "seeds"],
        rows,
        "Zero-shot top-1 on held-out images: categories that were labelled in training, new "
        "combinations of described words, shapes that only captions showed. Retrieval with five "
        "captions an image. Mean ± sample standard deviation over seeds.",
    )


def ratio_figures(runs: Sequence[Run]) -> list[Figure]:
    """Accuracy and retrieval over the ratio of the data, where iCLIP ran at three or more."""
    groups = {
        group: members
        for group, members in _groups(runs).items()
        if _method(members[0]) in ("ICLIP", "CLIP") and not _is_control(members[0])
    }
    by_ratio = {_pairs_percent(members[0]): members for members in groups.values()}
    if len(by_ratio) < 3:
        return []
    shares = sorted(by_ratio, reverse=True)
    ticks = {float(i): f"{share} : {100 - share}" for i, share in enumerate(shares)}
    series: dict[str, list[tuple[float, float]]] = {}
    spreads: dict[str, list[float]] = {}
    for column, names in COLUMNS.items():
        for i, share in enumerate(shares):
            values = _values(by_ratio[share], names)
            if values and column in OVER_RATIO:
                series.setdefault(column, []).append((float(i), statistics.mean(values)))
                deviation = statistics.stdev(values) if len(values) > 1 else 0.0
                spreads.setdefault(column, []).append(deviation)
    words = [
        f"{name}: " + ", ".join(f"{ticks[x]} {y:.1f}" for x, y in points)
        for name, points in series.items()
    ]
    return [
        Figure(
            "Table 1's question in small: the ratio of the data at the same number of samples",
            line_plot(
                series, "pairs : labelled images (%)", "%", spreads, markers=True, ticks=ticks
            ),
            "; ".join(words),
        )
    ]


def transfer_table(runs: Sequence[Run]) -> Table:
    """Each task's metrics from pre-trained weights and from scratch."""
    rows = []
    for transfer in TRANSFERS:
        members = [run for run in runs if run.task == transfer.task]
        for name, shown in transfer.metrics.items():
            both = [_transferred(members, name, pretrained) for pretrained in (True, False)]
            if any(both):
                rows.append([f"{transfer.task}, {shown}", *map(mean_and_spread, both)])
    return Table(
        "Transfers on the toy world (%)",
        ["task", "pre-trained", "from scratch"],
        rows,
        "The same config and budget; only the backbone's weights differ.",
    )


def transfer_figure(runs: Sequence[Run]) -> Figure:
    """The same as bars."""
    rows = transfer_table(runs).rows
    values = {
        title: [_mean(str(row[column])) for row in rows]
        for column, title in ((1, "pre-trained"), (2, "from scratch"))
    }
    words = [f"{row[0]}: {row[1]} pre-trained, {row[2]} from scratch" for row in rows]
    labels = [str(row[0]).replace(", ", "\n") for row in rows]
    return Figure("Transfers on the toy world", bar_plot(labels, values, "%"), "; ".join(words))


def _groups(runs: Sequence[Run]) -> dict[str, list[Run]]:
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.group, []).append(run)
    return groups


def _values(runs: Sequence[Run], names: Sequence[str]) -> list[float]:
    return first_values((run.metrics for run in runs), names)


def _transferred(runs: Sequence[Run], name: str, pretrained: bool) -> list[float]:
    return [
        in_percent(name, run.metrics[name])
        for run in runs
        if name in run.metrics and _is_pretrained(run) == pretrained
    ]


def _mean(text: str) -> float:
    return 0.0 if text == "-" else float(text.split(" ")[0])


def _method(run: Run) -> str:
    return str(setting(run.config, "model.type")).removeprefix("iclip.")


def _is_control(run: Run) -> bool:
    """Whether names, descriptions or captions are not iCLIP's own."""
    prompts: Mapping[str, object] = setting(run.config, "model.class_prompts") or {}
    pairs = json.dumps(setting(run.config, "train_dataloader.dataset.pairs"))
    changed = "shuffled" in str(prompts.get("class_texts")) or "without_new" in pairs
    return changed or (_method(run) == "ICLIP" and prompts.get("variant") != "name_description")


def _pairs_percent(run: Run) -> int:
    labelled, pairs = setting(run.config, "train_dataloader.batch_sampler.ratio") or (1, 1)
    return round(100 * pairs / (labelled + pairs))


def _ratio(run: Run) -> str:
    pairs = _pairs_percent(run)
    return f"{pairs} : {100 - pairs}"


def _is_pretrained(run: Run) -> bool:
    return setting(run.config, "model.backbone.checkpoint") is not None
