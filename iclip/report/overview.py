"""What happened: the runs, how far they came, and their figures."""

from collections.abc import Sequence

from iclip.messages import counted
from iclip.report.config_text import setting
from iclip.report.document import Section, Table
from iclip.report.figures_of_runs import how_measured, main_figures
from iclip.report.paper import batch_ratio
from iclip.report.runs import Run
from iclip.tasks import PRE_TRAINING

MOST_ROWS = 60


def overview_section(runs: Sequence[Run]) -> Section:
    """A table of the runs and one of the evaluations."""
    trained = [run for run in runs if run.is_trained or run.tests]
    tables = []
    if trained:
        tables.append(_runs_table(trained))
    results = [(run, result) for run in runs for result in run.results]
    if results:
        rows = [
            [run.name, result.model, result.dataset, f"{figure} {value:.1f}", result.counted]
            for run, result in results
            for figure, value in list(result.figures.items())[:2]
        ]
        left = len(rows) - MOST_ROWS
        tables.append(
            Table(
                "Evaluations of checkpoints (%)",
                ["folder", "model", "data set", "figure", "images"],
                rows[:MOST_ROWS],
                f"{counted(left, 'further figure')} in the own chapter." if left > 0 else "",
            )
        )  # fmt: skip
    return Section("overview", "What was run", tables=tables)


def _runs_table(runs: Sequence[Run]) -> Table:
    rows = []
    for run in runs:
        evaluation = run.evaluation
        measured = "not yet" if evaluation is None else how_measured(run, evaluation)
        rows.append(
            [
                run.name,
                _what(run),
                _start(run),
                _progress(run),
                main_figures(run, evaluation),
                measured,
            ]
        )
    left = len(rows) - MOST_ROWS
    return Table(
        "Runs and their figures (%)",
        ["run", "what", "starts from", "trained for", "figures", "measured by"],
        rows[:MOST_ROWS],
        f"{counted(left, 'further run')} not listed." if left > 0 else "",
    )  # fmt: skip


def _what(run: Run) -> str:
    kind = setting(run.config, "model.type")
    world = " on the toy world" if run.is_toy else ""
    task = run.task or "unknown task"
    words = f"{task}{world}" + (f", {str(kind).rpartition('.')[2]}" if kind else "")
    if run.task == PRE_TRAINING and run.config:
        labelled, pairs = batch_ratio(run)
        words += f", {labelled} labelled : {pairs} pairs"
    return words


def _start(run: Run) -> str:
    if run.task == PRE_TRAINING or not run.config:
        return "-"
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
