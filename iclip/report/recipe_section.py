"""Section C: each transfer's scores, and its recipe line by line."""

from collections.abc import Sequence
from typing import Any

from iclip.messages import listing
from iclip.report.page_elements import Cell, Plot, Section, Table
from iclip.report.plots import bar_plot
from iclip.report.run import Run
from iclip.report.score_words import (
    how_evaluated,
    percents,
    scores_in_words,
    views_in_words,
    views_of_evaluation,
)
from iclip.report.transfer_recipes import Verdict, check_recipe
from iclip.results import Result
from iclip.settings import get_setting
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO

ANCHORS = {
    SEGMENTATION: "public: 52.7 single-scale mIoU (Swin-B, window 12, 384-pixel pre-training)",
    VIDEO: "public: 82.7 top-1 (Swin-B, ImageNet-22K, 4 clips x 3 crops)",
    DETECTION: "none stated in the paper's supplement",
}
# Clips and crops that the anchor of a task was measured with, and its image tower.
ANCHOR_VIEWS = {VIDEO: (4, 3)}
ANCHOR_ARCHS = {SEGMENTATION: "base", VIDEO: "base"}
FREQUENCIES = {"lvis/APr": "rare", "lvis/APc": "common", "lvis/APf": "frequent"}
_TONES = {"conforms": "good", "differs": "bad", "unknown": "unknown"}


def recipe_section(runs: Sequence[Run]) -> Section:
    """Lay out each transfer's scores beside public anchors, then its recipe line by line."""
    transfers = [(run, verdicts) for run in runs if (verdicts := check_recipe(run))]
    tables = []
    if transfers:
        tables.append(_score_table([run for run, _ in transfers]))
    tables += [_recipe_table(run, verdicts) for run, verdicts in transfers]
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


def _score_table(runs: Sequence[Run]) -> Table:
    rows: list[list[Cell | str]] = []
    for run in runs:
        shown = _evaluations(run)
        for evaluation in shown:
            rows.append(
                [
                    run.name,
                    str(run.task),
                    scores_in_words(run, [percents(evaluation)]),
                    how_evaluated(run, evaluation),
                    f"{evaluation.settings.iteration:,}",
                    _beside_anchor(run, evaluation),
                ]
            )
        if not shown:
            rows.append([run.name, str(run.task), "-", "not yet", "-", "-"])
    return Table(
        "Scores of the transfers (%)",
        ["run", "task", "scores", "measured by", "iterations", "beside the public anchor"],
        rows,
        "A test by tools/test.py comes before the validation inside training.",
    )


def _evaluations(run: Run) -> list[Result]:
    """Order a run's evaluations: the one to show first, then the others."""
    several = [*reversed(run.tests), *([run.validation] if run.validation else [])]
    first = run.evaluation
    return sorted(several, key=lambda evaluation: evaluation is not first)


def _beside_anchor(run: Run, evaluation: Result) -> Cell | str:
    task = run.task or ""
    if run.is_toy:
        return "toy world: not comparable"
    if evaluation.settings.augmentation:
        return Cell(f"not comparable: {evaluation.settings.augmentation}", "unknown")
    wanted = ANCHOR_VIEWS.get(task)
    views = views_of_evaluation(run, evaluation)
    if wanted is not None and views != wanted:
        mine = "views unknown" if views is None else views_in_words(views)
        return Cell(f"not comparable: {mine}, not {views_in_words(wanted)}", "unknown")
    arch = get_setting(run.config, "model.backbone.arch")
    if task in ANCHOR_ARCHS and arch != ANCHOR_ARCHS[task]:
        return Cell(f"not comparable: image tower {arch}, not {ANCHOR_ARCHS[task]}", "unknown")
    return ANCHORS[task]


def _recipe_table(run: Run, verdicts: Sequence[Verdict]) -> Table:
    counts = {
        status: sum(verdict.status == status for verdict in verdicts)
        for status in ("conforms", "differs", "unknown")
    }
    summed = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
    rows: list[list[Cell | str]] = [
        [v.line.what, _text(v.line.wanted), _text(v.found), Cell(v.status, _TONES[v.status]),
         v.line.origin]
        for v in verdicts
    ]  # fmt: skip
    differing = [v.line.what for v in verdicts if v.status == "differs"]
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


def _text(value: Any) -> str:
    """Write a setting's value for the table."""
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " x ".join(_text(item) for item in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
