"""A run's figures in words: in percent, with the loader and the views they were measured with."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from iclip.messages import listing
from iclip.report.json_files import count
from iclip.report.runs import Evaluation, Run
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO, in_percent, views_of
from iclip.toy.comparison import mean_and_spread

# What stands first of a task's figures, by the ends of their names.
_MAIN = {
    DETECTION: ("/AP", "bbox_mAP", "/APr"),
    SEGMENTATION: ("mIoU",),
    VIDEO: ("acc/top1", "acc/top5"),
}


def percents(evaluation: Evaluation | None) -> dict[str, float]:
    """The figures of an evaluation in percent."""
    metrics = evaluation.metrics if evaluation else {}
    return {name: in_percent(name, value) for name, value in metrics.items()}


def main_figures(runs: Sequence[Run], most: int = 4) -> str:
    """The figures that say most of a run or of some seeds, ``acc/top1 41.7 ± 0.2``."""
    return figures_in_words(runs[0], [percents(run.evaluation) for run in runs], most)


def figures_in_words(run: Run, evaluations: Sequence[Mapping[str, float]], most: int = 4) -> str:
    """The figures that say most of a run's task, mean and deviation; ``-`` if there are none."""
    found = evaluations[0]
    wanted = _MAIN.get(run.task or "", ())
    first = [name for end in wanted for name in found if name.endswith(end)]
    names = list(dict.fromkeys(first or found))
    words = [
        f"{name} {mean_and_spread([figures[name] for figures in evaluations if name in figures])}"
        for name in names
    ]
    return listing(words, most) or "-"


def how_measured(run: Run, evaluation: Evaluation) -> str:
    """The loader and the views, ``test, 4 clips x 3 crops, fp16, 19,796 samples``."""
    measured = evaluation.measured or {}
    parts = ["test" if evaluation.is_test else "validation"]
    views = views_of_evaluation(run, evaluation)
    if views is not None:
        parts.append(views_in_words(views))
    if isinstance(measured.get("precision"), str):
        parts.append(measured["precision"])
    samples = list(_samples(measured))
    if samples:
        parts.append(f"{' + '.join(f'{number:,}' for number in samples)} samples")
    return ", ".join(parts)


def views_of_evaluation(run: Run, evaluation: Evaluation) -> tuple[int, int] | None:
    """Clips and crops, as they were recorded, or as the run's config has them for the loader."""
    recorded = (evaluation.measured or {}).get("views")
    if isinstance(recorded, list) and len(recorded) == 2:
        clips, crops = map(count, recorded)
        return None if clips is None or crops is None else (clips, crops)
    return views_of(run.config.get(evaluation.loader))


def views_in_words(views: tuple[int, int]) -> str:
    """``4 clips x 3 crops``."""
    clips, crops = views
    return f"{clips} clip{'s' * (clips != 1)} x {crops} crop{'s' * (crops != 1)}"


def _samples(measured: Any) -> Iterator[int]:
    data = measured.get("data")
    for part in data if isinstance(data, list) else ():
        number = count(part.get("samples")) if isinstance(part, dict) else None
        if number is not None:
            yield number
