"""Section C: each transfer's scores, and its recipe line by line."""

from collections.abc import Sequence

from iclip.messages import listing
from iclip.report.experiments import experiments
from iclip.report.page_elements import Cell, Plot, Section, Table
from iclip.report.plots import bar_plot
from iclip.report.public_anchors import beside_anchor
from iclip.report.run import Run
from iclip.report.score_words import how_evaluated, percents, scores_in_words
from iclip.report.transfer_recipes import CheckedSetting, check_recipe, setting_in_words
from iclip.results import Result

FREQUENCIES = {"lvis/APr": "rare", "lvis/APc": "common", "lvis/APf": "frequent"}
_TONES = {"conforms": "good", "differs": "bad", "unknown": "unknown"}


def recipe_section(runs: Sequence[Run]) -> Section:
    """Lay out each transfer's scores beside public anchors, then its recipe line by line."""
    transfers = [(run, checked) for run in runs if (checked := check_recipe(run))]
    tables = []
    if transfers:
        tables.append(_score_table([run for run, _ in transfers], runs))
    tables += [_recipe_table(run, checked) for run, checked in transfers]
    return Section(
        "section-c",
        "Section C: the transfers' recipes",
        text=["Each line of the recipe against the run's resolved config."] if tables else (),
        tables=tables,
        plots=frequency_plots([run for run, _ in transfers]),
    )


def frequency_plots(runs: Sequence[Run]) -> list[Plot]:
    """Draw LVIS's AP by the frequency of the categories."""
    detected = {
        run.name: [run.metrics[name] for name in FREQUENCIES]
        for run in runs
        if FREQUENCIES.keys() <= run.metrics.keys()
    }
    if not detected:
        return []
    words = [
        f"{name}: rare {rare:.1f}, common {common:.1f}, frequent {frequent:.1f}"
        for name, (rare, common, frequent) in detected.items()
    ]
    svg = bar_plot(list(FREQUENCIES.values()), detected, "box AP (%)")
    return [Plot("Box AP by frequency of the categories", svg, "; ".join(words))]


def _score_table(transfers: Sequence[Run], runs: Sequence[Run]) -> Table:
    seeds = {run.name: found for found in experiments(transfers) for run in found.runs}
    rows: list[list[Cell | str]] = []
    for run in transfers:
        shown = _evaluations(run)
        for evaluation in shown:
            rows.append(
                [
                    run.name,
                    str(run.task),
                    scores_in_words(run, [percents(evaluation)]),
                    how_evaluated(run, evaluation),
                    f"{evaluation.settings.iteration:,}",
                    *beside_anchor(run, evaluation, seeds[run.name], runs),
                ]
            )
        if not shown:
            rows.append([run.name, str(run.task), "-", "not yet", *["-"] * 4])
    return Table(
        "Scores of the transfers (%)",
        [
            "run",
            "task",
            "scores",
            "measured by",
            "iterations",
            "beside the public anchor",
            "verdict",
            "known to differ",
        ],
        rows,
        "A test by tools/test.py comes before the validation inside training.",
    )


def _evaluations(run: Run) -> list[Result]:
    """Order a run's evaluations: the one to show first, then the others."""
    several = [*reversed(run.tests), *([run.validation] if run.validation else [])]
    first = run.evaluation
    return sorted(several, key=lambda evaluation: evaluation is not first)


def _recipe_table(run: Run, checked: Sequence[CheckedSetting]) -> Table:
    counts = {
        status: sum(one.status == status for one in checked)
        for status in ("conforms", "differs", "unknown")
    }
    summed = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
    rows: list[list[Cell | str]] = [
        [
            one.setting.what,
            setting_in_words(one.setting.wanted),
            setting_in_words(one.found),
            Cell(one.status, _TONES[one.status]),
            one.setting.origin,
        ]
        for one in checked
    ]
    differing = [one.setting.what for one in checked if one.status == "differs"]
    note = f"Differs: {listing(differing)}." if differing else ""
    if run.is_toy:
        note = "A run of the toy world differs in sizes and schedule by design."
    return Table(
        f"{run.task}: {run.name} ({summed})",
        ["setting", "recipe", "this run", "verdict", "origin"],
        rows,
        note,
        folded=f"recipe of the toy world, {summed}" if run.is_toy else "",
    )
