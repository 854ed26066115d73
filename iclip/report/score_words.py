"""Results in words: scores in percent, the images that they count, and how they were measured."""

from collections.abc import Mapping, Sequence
from typing import Any

from iclip.messages import counted, listing
from iclip.report.counted_samples import evaluation_in_words
from iclip.report.run import Run
from iclip.results import Classification, Result, SetResult, WordMaps
from iclip.results.toy_tables import mean_and_spread
from iclip.tasks import (
    CLASSIFICATION,
    DETECTION,
    PRE_TRAINING,
    SEGMENTATION,
    VIDEO,
    in_percent,
    views_of,
)

# A task's main scores, by the ends of their names.
_MAIN = {
    PRE_TRAINING: ("/top1", "/tr_r1", "/ir_r1"),
    DETECTION: ("/AP", "bbox_mAP", "/APr"),
    SEGMENTATION: ("mIoU",),
    VIDEO: ("acc/top1", "acc/top5"),
    CLASSIFICATION: ("accuracy/top1", "accuracy/mean_per_class"),
}
# Suites whose classes have no descriptions of their own.
_NAMED_ONLY = ("kornblith12", "imagenet1k")


def percents(result: Result | None) -> dict[str, float]:
    """Return the scores of a validation or test in percent."""
    metrics = result.metrics if result else {}
    return {name: in_percent(name, value) for name, value in metrics.items()}


def main_scores(runs: Sequence[Run], most: int = 4) -> str:
    """Write the main scores of a run or of its seeds, ``acc/top1 41.7 ± 0.2``."""
    return scores_in_words(runs[0], [percents(run.evaluation) for run in runs], most)


def scores_in_words(run: Run, evaluations: Sequence[Mapping[str, float]], most: int = 4) -> str:
    """Write the main scores of a run's task, mean and deviation; ``-`` without any."""
    found = [name for scores in evaluations for name in scores]
    wanted = _MAIN.get(run.task or "", ())
    first = [name for end in wanted for name in found if name.endswith(end)]
    names = list(dict.fromkeys(first or found))
    words = [
        f"{name} {mean_and_spread([scores[name] for scores in evaluations if name in scores])}"
        for name in names
    ]
    return listing(words, most) or "-"


def how_evaluated(run: Run, result: Result) -> str:
    """Write loader and views of an evaluation: ``test, 4 clips x 3 crops, 48 of 50 videos``."""
    by_tool = any(result is test for test in run.tests)
    on_validation = "tools/test.py on the validation's data" if by_tool else "validation"
    parts = ["test" if result.is_test else on_validation]
    views = views_of_evaluation(run, result)
    if views is not None:
        parts.append(views_in_words(views))
    if result.settings.augmentation:
        parts.append(result.settings.augmentation)
    if result.settings.precision:
        parts.append(result.settings.precision)
    if any(part.images is not None for part in result.sets):
        parts.append(evaluation_in_words(run, result))
    return ", ".join(parts)


def views_of_evaluation(run: Run, result: Result) -> tuple[int, int] | None:
    """Return clips and crops as recorded, or as the run's config has them for the loader."""
    return result.settings.views or views_of(run.config.get(result.settings.loader))


def views_in_words(views: tuple[int, int]) -> str:
    """Write ``4 clips x 3 crops``."""
    clips, crops = views
    return f"{counted(clips, 'clip')} x {counted(crops, 'crop')}"


def counted_images(part: SetResult) -> str:
    """Write how many images a tool's scores count: ``12 of 25,250, 2 broken``."""
    if part.images is None:
        return "not recorded"
    whole = f" of {part.expected:,}" if part.expected is not None else ""
    unread = [
        f"{number:,} {word}"
        for number, word in (
            (part.unread.broken.count, "broken"),
            (part.unread.missing.count, "missing"),
        )
        if number
    ]
    return ", ".join([f"{part.images:,}{whole}", *unread])


def score_label(name: str) -> str:
    """Return the words for a tool's score: ``linear probe``, ``4 per class``, ``top1``."""
    shots = name.removesuffix("_shots")
    return f"{shots} per class" if shots != name else name.replace("linear_probe", "linear probe")


def class_text_variant(result: Result, part: SetResult) -> str:
    """Return what the class texts held: ``name`` where no descriptions could follow it."""
    if not isinstance(part.detail, Classification):
        return ""
    named_only = result.suite in _NAMED_ONLY and not part.detail.descriptions
    return "name" if named_only else part.detail.variant


def how_measured(result: Result, part: SetResult) -> str:
    """Write how a tool measured: precision, image size, class texts, prompts."""
    settings, variant = result.settings, class_text_variant(result, part)
    parts = [settings.precision] if settings.precision else []
    if settings.image_size:
        parts.append(f"{settings.image_size} pixels")
    if variant:
        parts.append(f"class texts: {variant.replace('_', ' and ')}")
    templates = part.detail.templates if isinstance(part.detail, Classification) else ()
    if templates:
        parts.append(f"{len(templates)} prompts" if len(templates) > 1 else templates[0])
    if isinstance(part.detail, WordMaps):
        parts += _map_words(part.detail)
    return ", ".join([*parts, *part.notes])


def _map_words(detail: WordMaps) -> list[str]:
    """Write among how many words, with which templates and how finely a map was segmented."""
    among = counted(len(detail.words), "word")
    if detail.background:
        among += f" and {len(detail.background)} of the background"
    grain = [] if detail.stride is None else [f"{detail.stride} pixels per position"]
    return [among, f"templates {detail.templates}", *grain]


def fingerprints(result: Result, part: SetResult) -> str:
    """Write the beginnings of the fingerprints of class texts and weights."""
    detail = part.detail
    class_texts = detail.class_texts if isinstance(detail, Classification | WordMaps) else ""
    found: dict[str, Any] = {"class texts": class_texts, "weights": result.settings.weights}
    return ", ".join(f"{words} {value[:8]}" for words, value in found.items() if value)
