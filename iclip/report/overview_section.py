"""What was run: the runs, how far they were trained, and their scores."""

from collections.abc import Sequence

from iclip.messages import counted, listing
from iclip.report.experiments import Experiment, experiments
from iclip.report.page_elements import Section, Table
from iclip.report.paper_protocol import batch_ratio
from iclip.report.run import Run
from iclip.report.score_words import counted_images, how_evaluated, main_scores, score_label
from iclip.results import Result
from iclip.settings import get_setting
from iclip.tasks import PRE_TRAINING

MOST_ROWS = 60
MOST_SCORES = 6


def overview_section(runs: Sequence[Run]) -> Section:
    """Lay out a table of the runs, seeds of one experiment in one row, and one of evaluations."""
    trained = [
        experiment
        for experiment in experiments(runs)
        if experiment.runs[0].is_trained or experiment.runs[0].tests
    ]
    tables = []
    if trained:
        tables.append(_runs_table(trained))
    rows = [
        [f"{run.name}: {file}", listing(_scores(result), MOST_SCORES), _images(result),
         result.model]
        for run in runs
        for file, result in run.results.items()
        if result.metrics
    ]  # fmt: skip
    if rows:
        columns = ["folder: file", "scores", "images", "model"]
        tables.append(_limited("Evaluations of checkpoints (%)", "evaluation", columns, rows))
    return Section("overview", "What was run", tables=tables)


def _runs_table(listed: Sequence[Experiment]) -> Table:
    rows = []
    for experiment in listed:
        # Without a run that counts, the first one tells how far it came.
        counting = experiment.counting
        run, name = (counting or experiment.runs)[0], experiment.name
        measured = "not yet" if run.evaluation is None else how_evaluated(run, run.evaluation)
        if len(experiment.runs) > 1:
            name = f"{name} ({experiment.numbers})"
            measured += "; mean ± deviation" if len(counting) > 1 else ""
        rows.append([name, main_scores(counting or [run]), measured, _what(run), _progress(run)])
    columns = ["run", "scores", "measured by", "what", "trained for"]
    return _limited("Runs and their scores (%)", "run", columns, rows)


def _scores(result: Result) -> list[str]:
    return [
        f"{part.name} {score_label(name)} {value:.1f}"
        for part in result.sets
        for name, value in part.short_scores.items()
    ]


def _images(result: Result) -> str:
    """Say how many images of each data set count, those that were not counted whole first."""
    measured = [part for part in result.sets if part.scores]
    ordered = sorted(measured, key=lambda p: p.images is not None and p.images == p.expected)
    told = [f"{part.name}: {counted_images(part)}" for part in ordered]
    return listing(told, MOST_SCORES)


def _limited(title: str, what: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Make a table of the first rows, with a note that counts the others."""
    left = len(rows) - MOST_ROWS
    note = f"{counted(left, f'further {what}')} not listed here." if left > 0 else ""
    return Table(title, columns, rows[:MOST_ROWS], note)


def _what(run: Run) -> str:
    """Write a run's task and model, and its data's ratio or the weights that it starts from."""
    kind = get_setting(run.config, "model.type")
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
    checkpoint = get_setting(run.config, "model.backbone.checkpoint")
    if checkpoint is None:
        other = get_setting(run.config, "model.backbone.init_cfg.checkpoint") or run.config.get(
            "load_from"
        )
        return str(other) if other else "random weights"
    return str(checkpoint)


def _progress(run: Run) -> str:
    """Write how far a run has come: ``1,000 of 2,000 iterations, 64,000 samples``."""
    iteration = run.last_step
    planned = get_setting(run.config, "train_cfg.max_iters")
    words = f"{iteration:,}"
    if isinstance(planned, int) and planned != iteration:
        words += f" of {planned:,}"
    words += " iterations"
    epochs = get_setting(run.config, "train_cfg.max_epochs")
    if isinstance(epochs, int):
        words += f" ({counted(epochs, 'epoch')} planned)"
    return words + (f", {run.samples_seen:,} samples" if run.samples_seen else "")
