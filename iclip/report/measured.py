"""A run's figures as the paper's columns have them, each with what sets it apart from a row's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iclip.report.config_text import setting
from iclip.report.json_files import count
from iclip.report.paper import TOLERANCE, paper_tables
from iclip.report.results import Result
from iclip.report.runs import Evaluation, Run

NOT_RECORDED = "protocol not recorded: measured by an earlier version"


@dataclass(frozen=True)
class Measured:
    """A figure and how it was measured.

    Attributes:
        value: In percent.
        images: That it counts, in words: ``50,000 of 50,000``.
        how: Precision, image size, class texts, weights, in words.
        source: The file.
        causes: Why it may not stand against a row of the paper; empty if it may.
        weights: Fingerprint of the weights that an evaluation tool loaded; empty elsewhere.
    """

    value: float
    images: str
    how: str
    source: str
    causes: tuple[str, ...]
    weights: str = ""


def figures_of_run(run: Run, runs: Sequence[Run]) -> dict[str, list[Measured]]:
    """Every figure of a pre-training run: of its validation, its tests and the evaluation tools.

    Args:
        run: A run of pre-training.
        runs: All runs: a result file may lie in another folder than its checkpoint.

    Returns:
        By name, such as ``imagenet1k/top1`` or ``coco/ir_r1``, the one that is nearest to the
        protocol first.
    """
    found: dict[str, list[Measured]] = {}
    for evaluation in (run.validation, *run.tests):
        for name, measured in _of_evaluation(run, evaluation) if evaluation else ():
            found.setdefault(name, []).append(measured)
    for holder in runs:
        for result in holder.results:
            if _is_of(run, holder, result):
                for name, measured in figures_of_result(result, run):
                    found.setdefault(name, []).append(measured)
    return {name: sorted(several, key=_distance) for name, several in found.items()}


def figures_of_model(model: str, runs: Sequence[Run]) -> dict[str, list[Measured]]:
    """Every figure of a model by its name, such as ``open_clip:ViT-B-16:openai``."""
    found: dict[str, list[Measured]] = {}
    for run in runs:
        for result in run.results:
            if result.model == model:
                for name, measured in figures_of_result(result, None):
                    found.setdefault(name, []).append(measured)
    return {name: sorted(several, key=_distance) for name, several in found.items()}


def figures_of_result(result: Result, run: Run | None) -> Iterator[tuple[str, Measured]]:
    """The figures of a result that tables of the paper may have.

    Args:
        result: Of zero-shot classification or retrieval.
        run: The run that the evaluated checkpoint is of; None for a model from elsewhere.
    """
    if result.kind == "probe":
        return
    causes = [NOT_RECORDED] if not result.recorded else list(_causes(result, run))
    told = result.settings.get("weights")
    weights = told if isinstance(told, str) else ""
    for figure, value in result.figures.items():
        name = f"{result.dataset}/{figure}"
        yield name, Measured(
            value=value, images=result.counted, how=result.how, source=result.file,
            causes=tuple(dict.fromkeys(causes)), weights=weights,
        )  # fmt: skip


def _causes(result: Result, run: Run | None) -> Iterator[str]:
    """In what a result is not the protocol of the paper's row, in words."""
    wanted = paper_tables()["evaluation"]
    protocol = wanted["protocols"].get(result.dataset, f"kornblith12/{result.dataset}")
    metric = wanted["metrics"].get(result.dataset, "top1")
    yield from result.deviations
    if result.protocol != protocol:
        yield f"protocol {result.protocol or 'of own data'}, not {protocol}"
    if result.images is None or result.expected is None:
        yield "number of images not recorded"
    elif result.images != result.expected:
        yield f"{result.images:,} of {result.expected:,} images"
    if result.kind == "zero-shot" and metric not in result.figures:
        yield f"measured as {', '.join(result.figures)}, not {metric}"
    if result.kind == "zero-shot" and result.variant != "name" and not _may_describe(run):
        yield f"class texts: {result.variant.replace('_', ' and ')}, not name"
    for key in ("precision", "image_size"):
        if result.settings.get(key) != wanted[key]:
            words = key.replace("_", " ")
            yield f"{words} {result.settings.get(key) or 'not recorded'}, not {wanted[key]}"
    if run is not None:
        yield from _other_checkpoint(run, result.settings.get("samples_seen"))


def _may_describe(run: Run | None) -> bool:
    """Whether descriptions may follow the names: the row is iCLIP's, not CLIP's or UniCL's."""
    return run is not None and str(setting(run.config, "model.type")).endswith("ICLIP")


def _other_checkpoint(run: Run, samples: Any) -> Iterator[str]:
    """Whether an earlier checkpoint of the run was evaluated, not its last one."""
    seen = count(samples)
    if seen is None:
        yield "samples of the checkpoint not recorded"
    elif run.samples_seen and abs(seen / run.samples_seen - 1) > TOLERANCE:
        yield f"a checkpoint at {seen / run.samples_seen:.0%} of the run's samples"


def _of_evaluation(run: Run, evaluation: Evaluation) -> Iterator[tuple[str, Measured]]:
    """The figures of a validation or test, by the data sets that it names."""
    wanted = paper_tables()["evaluation"]
    source = "tools/test.py" if evaluation in run.tests else "validation in training"
    measured = evaluation.measured
    precision = (measured or {}).get("precision")
    for name, value in evaluation.metrics.items():
        dataset = name.split("/")[0]
        images = _samples(measured, dataset)
        expected = wanted["validated_images"].get(dataset)
        causes = []
        if measured is None:
            causes.append(NOT_RECORDED)
        else:
            if images != expected:
                causes.append(f"{_number(images)} of {_number(expected)} images")
            if precision != wanted["precision"]:
                causes.append(f"precision {precision or 'not recorded'}, not {wanted['precision']}")
            size = _image_size(run, dataset, measured)
            if size != wanted["image_size"]:
                causes.append(f"image size {_number(size)}, not {wanted['image_size']}")
            causes += _other_checkpoint(run, evaluation.samples_seen)
        counted = f"{images:,} of {_number(expected)}" if images is not None else "not recorded"
        how = ", ".join(str(part) for part in (precision,) if part)
        yield name, Measured(value, counted, how, source, tuple(causes))


def _samples(measured: Mapping[str, Any] | None, dataset: str) -> int | None:
    return next((count(part.get("samples")) for part in _parts(measured, dataset)), None)


def _parts(measured: Mapping[str, Any] | None, dataset: str) -> Iterator[Mapping[str, Any]]:
    parts = (measured or {}).get("data")
    for part in parts if isinstance(parts, list) else ():
        names = part.get("names") if isinstance(part, Mapping) else None
        if isinstance(names, list) and dataset in names:
            yield part


def _image_size(run: Run, dataset: str, measured: Mapping[str, Any]) -> int | None:
    """Side of the images that a validation's data set gives, as the config says."""
    places = [part.get("place") for part in _parts(measured, dataset)]
    loaders = setting(run.config, str(measured.get("loader")))
    for loader in loaders if isinstance(loaders, list) else [loaders]:
        data = setting(loader, "dataset")
        if any(setting(data, key) in places for key in ("root", "annotations") if places):
            return count(setting(data, "image_transform.size"))
    return None


def _is_of(run: Run, holder: Run, result: Result) -> bool:
    """Whether a result was measured with a checkpoint of a run.

    The checkpoint lies in the run's folder; or its path leads nowhere (files were moved), names a
    folder as the run's is called, and the result lies in the run's folder.
    """
    if not result.model or result.model.startswith("open_clip:"):
        return False
    model = Path(result.model)
    if model.exists():
        return run.path.resolve() in (*model.resolve().parents, model.parent.resolve())
    return holder is run and model.parent.name in ("", run.path.name)


def _distance(measured: Measured) -> tuple[bool, int, str]:
    return NOT_RECORDED in measured.causes, len(measured.causes), measured.source


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"
