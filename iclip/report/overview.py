"""What happened: the runs, how far they came, and their figures."""

from collections.abc import Mapping, Sequence

from iclip.messages import counted, listing
from iclip.report.config_text import setting
from iclip.report.document import Section, Table
from iclip.report.figures_of_runs import how_measured, main_figures
from iclip.report.paper import batch_ratio
from iclip.report.results import Result
from iclip.report.runs import Run
from iclip.report.seeds import grouped
from iclip.tasks import PRE_TRAINING

MOST_ROWS = 60
MOST_FIGURES = 6


def overview_section(runs: Sequence[Run]) -> Section:
    """A table of the runs, seeds of one experiment together, and one of the evaluations."""
    trained = {
        name: members
        for name, members in grouped(runs).items()
        if members[0].is_trained or members[0].tests
    }
    tables = []
    if trained:
        tables.append(_runs_table(trained))
    results = [(run, result) for run in runs for result in run.results]
    if results:
        files: dict[tuple[str, str, str], list[Result]] = {}
        for run, result in results:
            files.setdefault((run.name, result.file, result.model), []).append(result)
        rows = [
            [f"{name}: {file}", listing([w for r in several for w in _figures(r)], MOST_FIGURES),
             _images(several), model]
            for (name, file, model), several in files.items()
        ]  # fmt: skip
        tables.append(
            _limited("Evaluations of checkpoints (%)", "evaluation",
                     ["folder: file", "figures", "images", "model"], rows)
        )  # fmt: skip
    return Section("overview", "What was run", tables=tables)


def _runs_table(groups: Mapping[str, Sequence[Run]]) -> Table:
    rows = []
    for name, members in groups.items():
        run = members[0]
        measured = "not yet" if run.evaluation is None else how_measured(run, run.evaluation)
        if len(members) > 1:
            name, measured = f"{name} ({len(members)} seeds)", f"{measured}; mean ± deviation"
        rows.append([name, main_figures(members), measured, _what(run), _progress(run)])
    columns = ["run", "figures", "measured by", "what", "trained for"]
    return _limited("Runs and their figures (%)", "run", columns, rows)


def _figures(result: Result) -> list[str]:
    return [f"{result.dataset} {figure} {value:.1f}" for figure, value in result.figures.items()]


def _images(results: Sequence[Result]) -> str:
    """Which data sets were not counted whole."""
    partial = [
        f"{result.dataset}: {result.counted}"
        for result in results
        if result.images is None or result.images != result.expected
    ]
    return "; ".join(partial) or "all of each data set"


def _limited(title: str, what: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    left = len(rows) - MOST_ROWS
    note = f"{counted(left, f'further {what}')} not listed here." if left > 0 else ""
    return Table(title, columns, rows[:MOST_ROWS], note)


def _what(run: Run) -> str:
    kind = setting(run.config, "model.type")
    world = " on the toy world" if run.is_toy else ""
    task = run.task or "unknown task"
    words = f"{task}{world}" + (f", {str(kind).rpartition('.')[2]}" if kind else "")
    if run.task == PRE_TRAINING and run.config:
        labelled, pairs = batch_ratio(run)
        share = round(100 * pairs / (labelled + pairs))
        words += f", pairs : labelled {share} : {100 - share}"
    elif run.config:
        words += f", from {_start(run)}"
    return words


def _start(run: Run) -> str:
    checkpoint = setting(run.config, "model.backbone.checkpoint")
    if checkpoint is None:
        other = setting(run.config, "model.backbone.init_cfg.checkpoint") or run.config.get(
            "load_from"
        )
        return str(other) if other else "random weights"
    return str(checkpoint)


def _progress(run: Run) -> str:
    last = max((line.get("step", 0) for line in run.curve), default=0)
    iteration = max(run.iteration, int(last))
    planned = setting(run.config, "train_cfg.max_iters")
    words = f"{iteration:,}"
    if isinstance(planned, int) and planned != iteration:
        words += f" of {planned:,}"
    words += " iterations"
    epochs = setting(run.config, "train_cfg.max_epochs")
    if isinstance(epochs, int):
        words += f" ({counted(epochs, 'epoch')} planned)"
    return words + (f", {run.samples_seen:,} samples" if run.samples_seen else "")
