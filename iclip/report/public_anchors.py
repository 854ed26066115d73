"""Public scores beside which a transfer of Section C may stand, with a verdict and causes.

The paper's figures of the transfers are not in its supplement; the works whose recipes it names
state theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from iclip.report.causes import causes_in_words, causes_of
from iclip.report.distribution import APART, verdict
from iclip.report.experiments import Experiment
from iclip.report.known_spreads import known_spread
from iclip.report.page_elements import Cell
from iclip.report.protocols import protocol_of
from iclip.report.run import Run
from iclip.report.score_words import percents, views_in_words, views_of_evaluation
from iclip.results import Result
from iclip.settings import get_setting
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO


@dataclass(frozen=True)
class PublicAnchor:
    """A public score of a task.

    Attributes:
        words: What it is, for the table.
        metric: The score's whole name; empty where none is stated.
        value: In percent.
        arch: The image tower that it was measured with.
        views: Clips and crops that it was measured with; None for images.
    """

    words: str
    metric: str = ""
    value: float = 0.0
    arch: str = ""
    views: tuple[int, int] | None = None


ANCHORS = {
    SEGMENTATION: PublicAnchor(
        "public: 52.7 single-scale mIoU (Swin-B, window 12, 384-pixel pre-training)",
        "mIoU", 52.7, "base",
    ),
    VIDEO: PublicAnchor(
        "public: 82.7 top-1 (Swin-B, ImageNet-22K, 4 clips x 3 crops)",
        "acc/top1", 82.7, "base", (4, 3),
    ),
    DETECTION: PublicAnchor("none stated in the paper's supplement"),
}  # fmt: skip


def why_not_comparable(run: Run, evaluation: Result) -> str:
    """Say why an evaluation does not stand beside its task's anchor; empty if it does."""
    anchor = ANCHORS[run.task or ""]
    protocol = protocol_of(run, evaluation)
    if run.is_toy:
        return "toy world"
    if protocol:
        return f"protocol {protocol}"
    if evaluation.settings.augmentation:
        return evaluation.settings.augmentation
    views = views_of_evaluation(run, evaluation)
    if anchor.views is not None and views != anchor.views:
        mine = "views unknown" if views is None else views_in_words(views)
        return f"{mine}, not {views_in_words(anchor.views)}"
    arch = get_setting(run.config, "model.backbone.arch")
    if anchor.arch and arch != anchor.arch:
        return f"image tower {arch}, not {anchor.arch}"
    return ""


def beside_anchor(
    run: Run, evaluation: Result, experiment: Experiment, runs: Sequence[Run]
) -> list[Cell | str]:
    """Write anchor, verdict and what is known to differ, for an evaluation of a run.

    Args:
        run: A run of detection, segmentation or video.
        evaluation: One of its evaluations; the one to show is judged with its seeds.
        experiment: The run with its seeds.
        runs: All runs.
    """
    why = why_not_comparable(run, evaluation)
    if why:
        return [Cell(f"not comparable: {why}", "" if run.is_toy else "unknown"), "-", "-"]
    anchor = ANCHORS[run.task or ""]
    judged = [(run, evaluation)]
    if evaluation is run.evaluation:
        several = [(seed, seed.evaluation) for seed in experiment.counting]
        judged = [(seed, found) for seed, found in several if found] or judged
    values = [
        scores[anchor.metric]
        for seed, found in judged
        if not why_not_comparable(seed, found) and anchor.metric in (scores := percents(found))
    ]
    if not values:
        return [anchor.words, "-", "-"]
    found = verdict(values, anchor.value, known_spread(run.task, anchor.metric))
    causes = causes_in_words(causes_of(run, runs)) if found.status == APART else "-"
    return [anchor.words, found.words, causes]
