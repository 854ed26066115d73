"""A run's scores as the paper's columns have them, each with what sets it apart from a row's."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iclip.report.paper_protocol import TOLERANCE, paper_tables
from iclip.report.run import Run
from iclip.report.score_words import class_text_variant, counted_images, how_measured
from iclip.results import PROBE, ZERO_SHOT, Result, SetResult
from iclip.results.json_values import count
from iclip.settings import get_setting

NOT_RECORDED = "protocol not recorded: measured by an earlier version"


@dataclass(frozen=True)
class Measured:
    """A score and how it was measured.

    Attributes:
        value: The score in percent.
        images: Images that it counts, in words: ``50,000 of 50,000``.
        how: Precision, image size, class texts and prompts, in words.
        source: The file or the evaluation that it is from.
        causes: Why it is not comparable with a row of the paper; empty if it is comparable.
        weights: Fingerprint of the weights that an evaluation tool loaded; empty elsewhere.
    """

    value: float
    images: str
    how: str
    source: str
    causes: tuple[str, ...]
    weights: str = ""


def scores_of_run(run: Run, runs: Sequence[Run]) -> dict[str, list[Measured]]:
    """Collect the scores of a pre-training run: of validation, tests and the evaluation tools.

    Args:
        run: A run of pre-training.
        runs: All runs: a result file may lie in another folder than its checkpoint.

    Returns:
        Scores by name, such as ``imagenet1k/top1`` or ``coco/ir_r1``; of several with one name,
        the score nearest to the protocol comes first.
    """
    found: list[tuple[str, Measured]] = []
    for result in (run.validation, *run.tests):
        found += _of_evaluation(run, result) if result else ()
    for holder in runs:
        for file, result in holder.results.items():
            if _is_of(run, holder, result):
                found += scores_of_result(file, result, run)
    return _nearest_first(found)


def scores_of_model(model: str, runs: Sequence[Run]) -> dict[str, list[Measured]]:
    """Collect the scores of a model by its name, such as ``open_clip:ViT-B-16:openai``."""
    return _nearest_first(
        entry
        for run in runs
        for file, result in run.results.items()
        if result.model == model
        for entry in scores_of_result(file, result, None)
    )


def scores_of_result(file: str, result: Result, run: Run | None) -> Iterator[tuple[str, Measured]]:
    """Yield the scores of a result that tables of the paper may have.

    Args:
        file: The result file's name.
        result: Its content; only zero-shot classification and retrieval yield scores.
        run: The run that wrote the evaluated checkpoint; None for a model from elsewhere.
    """
    if result.kind == PROBE:
        return
    for part in result.sets:
        causes = _causes(result, part, run) if result.recorded else [NOT_RECORDED]
        distinct = tuple(dict.fromkeys(causes))
        for name, value in part.scores.items():
            yield name, Measured(
                value=value, images=counted_images(part), how=how_measured(result, part),
                source=file, causes=distinct, weights=result.settings.weights,
            )  # fmt: skip


def _nearest_first(found: Iterable[tuple[str, Measured]]) -> dict[str, list[Measured]]:
    by_name: dict[str, list[Measured]] = {}
    for name, measured in found:
        by_name.setdefault(name, []).append(measured)
    return {name: sorted(several, key=_distance) for name, several in by_name.items()}


def _causes(result: Result, part: SetResult, run: Run | None) -> Iterator[str]:
    """Say each way in which a result is not of the paper's protocol."""
    wanted = paper_tables()["evaluation"]
    # The sets that the table does not name are those of the suite kornblith12.
    protocol = wanted["protocols"].get(part.name, f"kornblith12/{part.name}")
    metric = wanted["metrics"].get(part.name, "top1")
    yield from part.deviations
    if part.protocol != protocol:
        yield f"protocol {part.protocol or 'of own data'}, not {protocol}"
    if part.images is None or part.expected is None:
        yield "number of images not recorded"
    elif part.images != part.expected:
        yield f"{part.images:,} of {part.expected:,} images"
    if result.kind == ZERO_SHOT:
        if metric not in part.short_scores:
            yield f"measured as {', '.join(part.short_scores)}, not {metric}"
        variant = class_text_variant(result, part)
        if variant != "name" and not _may_describe(run):
            yield f"class texts: {variant.replace('_', ' and ')}, not name"
    settings = result.settings
    for words, value in (("precision", settings.precision), ("image size", settings.image_size)):
        target = wanted[words.replace(" ", "_")]
        if value != target:
            yield f"{words} {value or 'not recorded'}, not {target}"
    if run is not None:
        yield from _other_checkpoint(run, settings.samples_seen)


def _may_describe(run: Run | None) -> bool:
    """Whether descriptions may follow the names: in iCLIP's rows, not in CLIP's or UniCL's."""
    return run is not None and str(get_setting(run.config, "model.type")).endswith("ICLIP")


def _other_checkpoint(run: Run, seen: int | None) -> Iterator[str]:
    """Say if an earlier checkpoint of the run was evaluated, not its last one."""
    if seen is None:
        yield "samples of the checkpoint not recorded"
    elif run.samples_seen and abs(seen / run.samples_seen - 1) > TOLERANCE:
        yield f"a checkpoint at {seen / run.samples_seen:.0%} of the run's samples"


def _of_evaluation(run: Run, result: Result) -> Iterator[tuple[str, Measured]]:
    """Yield the scores of a validation or test, by the data sets that it names."""
    wanted = paper_tables()["evaluation"]
    source = "tools/test.py" if result in run.tests else "validation in training"
    precision = result.settings.precision
    for name, value in result.metrics.items():
        # imagenet1k/top1 is a score of the data set imagenet1k.
        dataset = name.split("/")[0]
        part = next((part for part in result.sets if dataset in part.names), None)
        images = part.images if part else None
        expected = wanted["validated_images"].get(dataset)
        causes = []
        if not result.recorded:
            causes.append(NOT_RECORDED)
        else:
            if images != expected:
                causes.append(f"{_number(images)} of {_number(expected)} images")
            if precision != wanted["precision"]:
                causes.append(f"precision {precision or 'not recorded'}, not {wanted['precision']}")
            size = _image_size(run, result, part)
            if size != wanted["image_size"]:
                causes.append(f"image size {_number(size)}, not {wanted['image_size']}")
            causes += _other_checkpoint(run, result.settings.samples_seen)
        counted = f"{images:,} of {_number(expected)}" if images is not None else "not recorded"
        yield name, Measured(value, counted, precision, source, tuple(causes))


def _image_size(run: Run, result: Result, part: SetResult | None) -> int | None:
    """Find the side of the images that a validation's data set gives, as the config says."""
    if part is None or part.place is None:
        return None
    loaders = get_setting(run.config, result.settings.loader)
    for loader in loaders if isinstance(loaders, list) else [loaders]:
        data = get_setting(loader, "dataset")
        if part.place in (get_setting(data, "root"), get_setting(data, "annotations")):
            return count(get_setting(data, "image_transform.size"))
    return None


def _is_of(run: Run, holder: Run, result: Result) -> bool:
    """Whether a result was measured with a checkpoint of a run.

    It was if the checkpoint lies in the run's folder. If the files were moved, so that the
    checkpoint's path does not exist, it counts that this path names a folder like the run's and
    that the result lies in the run's folder.
    """
    if not result.model or result.model.startswith("open_clip:"):
        return False
    model = Path(result.model)
    if model.exists():
        return run.wrote(result.model)
    return holder is run and (model.parent.name == "" or run.wrote(result.model))


def _distance(measured: Measured) -> tuple[bool, int, str]:
    """Order scores: recorded protocols first, then few causes, then by source."""
    return NOT_RECORDED in measured.causes, len(measured.causes), measured.source


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"
