"""The toy world's runs, with mean and spread over seeds."""

import statistics
from collections.abc import Sequence

from iclip.report.counted_samples import evaluation_in_words
from iclip.report.experiments import Experiment, experiments
from iclip.report.new_class_section import has_new_classes
from iclip.report.page_elements import Plot, Section, Table
from iclip.report.paper_protocol import batch_ratio
from iclip.report.plots import bar_plot, line_plot
from iclip.report.run import Run
from iclip.report.score_words import percents
from iclip.report.seeds import config_key, grouped
from iclip.results.toy_tables import (
    PRE_TRAINING_COLUMNS,
    TRANSFER_METRICS,
    first_values,
    mean_and_spread,
)
from iclip.settings import get_setting
from iclip.tasks import PRE_TRAINING

# Columns that the curve over the ratio shows.
OVER_RATIO = ("seen", "new combination, among all", "R@1 image to text", "R@1 text to image")


def toy_section(runs: Sequence[Run]) -> Section:
    """Lay out the toy world's runs; empty without any."""
    trained = [run for run in runs if run.task == PRE_TRAINING]
    tables, plots = [], []
    methods = method_table(trained)
    if methods.rows:
        tables.append(methods)
    plots += ratio_plots([run for run in trained if run.metrics])
    transfers = transfer_table(
        [run for run in runs if run.task in TRANSFER_METRICS and not has_new_classes(run)]
    )
    if transfers.rows:
        tables.append(transfers)
        plots.append(transfer_plot(transfers))
    return Section(
        "toy",
        "The toy world",
        text=(
            [
                "Procedural scenes and micro models on a CPU: the whole chain in small. These "
                "scores say whether the code works and how methods compare there; they are not "
                "comparable with the paper's."
            ]
            if tables
            else ()
        ),
        tables=tables,
        plots=plots,
    )


def method_table(runs: Sequence[Run]) -> Table:
    """List zero-shot accuracy and retrieval by method, mean and deviation; most pairs first."""
    rows = []
    found = [experiment for experiment in experiments(runs) if experiment.counting]
    for experiment in sorted(found, key=lambda entry: -_pairs_percent(entry.runs[0])):
        members = experiment.counting
        cells = [
            mean_and_spread(_values(members, names)) for names in PRE_TRAINING_COLUMNS.values()
        ]
        samples = max(run.samples_seen for run in members)
        rows.append(
            [experiment.name, _ratio(members[0]), f"{samples:,}", *cells,
             _number(experiment), _counted(members[0])]
        )  # fmt: skip
    return Table(
        "Pre-training on the toy world (%)",
        ["run", "pairs : labelled", "samples", *PRE_TRAINING_COLUMNS, "seeds", "counted"],
        rows,
        "Zero-shot top-1 on held-out images: categories that were labelled in training, new "
        "combinations of described words, shapes that only captions showed. Retrieval with five "
        "captions per image. Mean ± sample standard deviation over seeds.",
    )


def ratio_plots(runs: Sequence[Run]) -> list[Plot]:
    """Draw accuracy and retrieval over the ratio of the data, if iCLIP ran at three or more."""
    groups = {
        group: members
        for group, members in grouped(runs).items()
        if _method(members[0]) in ("ICLIP", "CLIP") and not _is_control(members[0])
    }
    by_ratio = {_pairs_percent(members[0]): members for members in groups.values()}
    if len(by_ratio) < 3:
        return []
    shares = sorted(by_ratio, reverse=True)
    ticks = {float(i): f"{share} : {100 - share}" for i, share in enumerate(shares)}
    series: dict[str, list[tuple[float, float]]] = {}
    spreads: dict[str, list[float]] = {}
    for column, names in PRE_TRAINING_COLUMNS.items():
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
        Plot(
            "Table 1's question in small: the ratio of the data at the same number of samples",
            line_plot(
                series, "pairs : labelled images (%)", "%", spreads, markers=True, ticks=ticks
            ),
            "; ".join(words),
        )
    ]


def transfer_table(runs: Sequence[Run]) -> Table:
    """List each task's scores from pre-trained weights and from scratch.

    Two runs are a pair if they lie in one folder and their configs differ only in the weights;
    every other run has its own row.
    """
    rows = []
    for task, metrics in TRANSFER_METRICS.items():
        for pair in _pairs([run for run in runs if run.task == task]):
            names = " / ".join(found.name for found in pair if found.name)
            counting = [run for found in pair for run in found.counting]
            for metric, shown in metrics.items():
                both = [_transferred(found.counting, metric) for found in pair]
                if any(both):
                    cells = map(mean_and_spread, both)
                    told = [names, _seeds(pair), _counted(counting[0])]
                    rows.append([f"{task}, {shown}", *cells, *told])
    return Table(
        "Transfers on the toy world (%)",
        ["task", "pre-trained", "from scratch", "runs", "seeds", "counted"],
        rows,
        "The same config and budget; only the backbone's weights differ. Mean ± sample standard "
        "deviation over seeds.",
    )


def transfer_plot(table: Table) -> Plot:
    """Draw the table of transfers as bars."""
    rows = [[str(cell) for cell in row] for row in table.rows]
    values = {
        title: [_mean(row[column]) for row in rows]
        for column, title in ((1, "pre-trained"), (2, "from scratch"))
    }
    words = [f"{row[0]}, {row[3]}: {row[1]} pre-trained, {row[2]} from scratch" for row in rows]
    labels = [row[0].replace(", ", "\n") for row in rows]
    repeated = len(set(labels)) < len(labels)
    if repeated:
        labels = [f"{label}\n({i})" for i, label in enumerate(labels, start=1)]
    return Plot("Transfers on the toy world", bar_plot(labels, values, "%"), "; ".join(words))


def _pairs(runs: Sequence[Run]) -> list[tuple[Experiment, Experiment]]:
    """Pair experiments, pre-trained and from scratch, whose configs are otherwise equal."""
    matched: dict[object, tuple[list[Experiment], list[Experiment]]] = {}
    for found in experiments(runs):
        first = found.runs[0]
        key = (found.name.rpartition("/")[0], config_key(first, "model.backbone.checkpoint"))
        matched.setdefault(key, ([], []))[0 if first.is_pretrained else 1].append(found)
    nothing = Experiment("", ())
    return [
        (pretrained, scratch)
        for sides in matched.values()
        for pretrained in sides[0] or [nothing]
        for scratch in sides[1] or [nothing]
    ]


def _seeds(pair: tuple[Experiment, Experiment]) -> str:
    return " / ".join(dict.fromkeys(_number(found) for found in pair if found.runs))


def _number(experiment: Experiment) -> str:
    """Write how many seeds count: ``3``, or ``2 of 3`` where one has failed."""
    number, whole = len(experiment.counting), len(experiment.runs)
    return str(whole) if number == whole else f"{number} of {whole}"


def _counted(run: Run) -> str:
    """Write how many samples of each data set the scores of a run count."""
    return evaluation_in_words(run, run.evaluation) if run.evaluation else "not recorded"


def _values(runs: Sequence[Run], names: Sequence[str]) -> list[float]:
    return first_values((run.metrics for run in runs), names)


def _transferred(runs: Sequence[Run], name: str) -> list[float]:
    found = [percents(run.evaluation).get(name) for run in runs]
    return [value for value in found if value is not None]


def _mean(text: str) -> float:
    """Read the mean from a table's cell, such as ``41.7 ± 0.2``; an empty cell has no bar."""
    return 0.0 if text == "-" else float(text.split(" ")[0])


def _method(run: Run) -> str:
    return str(get_setting(run.config, "model.type")).removeprefix("iclip.")


def _is_control(run: Run) -> bool:
    """Whether names, descriptions or captions are not iCLIP's own."""
    texts = get_setting(run.config, "model.class_prompts.class_texts")
    variant = get_setting(run.config, "model.class_prompts.variant")
    pairs = str(get_setting(run.config, "train_dataloader.dataset.pairs"))
    changed = "shuffled" in str(texts) or "without_new" in pairs
    return changed or (_method(run) == "ICLIP" and variant != "name_description")


def _pairs_percent(run: Run) -> int:
    labelled, pairs = batch_ratio(run)
    return round(100 * pairs / (labelled + pairs))


def _ratio(run: Run) -> str:
    pairs = _pairs_percent(run)
    return f"{pairs} : {100 - pairs}"
