"""The task of a config and the views of its data, found by the config's structure.

Names of model classes decide nothing: Mask R-CNN and RetinaNet are detection, as Faster R-CNN is.
A config is mmengine's ``Config`` or the plain mapping of a dumped one; no framework is imported.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PRE_TRAINING = "pre-training"
DETECTION = "detection"
SEGMENTATION = "segmentation"
VIDEO = "video"
CLASSIFICATION = "classification"
TRANSFERS = (DETECTION, SEGMENTATION, VIDEO, CLASSIFICATION)

# Where a config says in words which views of a sample each prediction puts together, if an
# evaluation asked for several.
TEST_TIME_VIEWS = "test_time_views"

# Scopes of the registries that frameworks build their models from, with the frameworks' tasks.
_SCOPES = {
    "iclip": PRE_TRAINING, "mmdet": DETECTION, "mmseg": SEGMENTATION, "mmaction": VIDEO,
}  # fmt: skip
# The transform that packs samples for a framework's models, which ends a pipeline.
_PACKERS = {
    "PackDetInputs": DETECTION, "PackSegInputs": SEGMENTATION, "PackActionInputs": VIDEO,
}  # fmt: skip
# Parts that only models of one task have.
_PARTS = {
    "class_prompts": PRE_TRAINING, "text_encoder": PRE_TRAINING,
    "roi_head": DETECTION, "rpn_head": DETECTION, "bbox_head": DETECTION, "mask_head": DETECTION,
    "panoptic_head": DETECTION, "decode_head": SEGMENTATION, "cls_head": VIDEO,
}  # fmt: skip
_LOADERS = ("train_dataloader", "test_dataloader", "val_dataloader")
# How many crops of a frame or an image these transforms make.
_CROPS = {"ThreeCrop": 3, "TenCrop": 10}
# Metrics that frameworks give in [0, 1]: mmaction's accuracies, mmdet's average precisions.
_SHARES = re.compile(r"(.*/)?(acc/.*|(bbox|segm|proposal)_(m?AP|AR).*)")


def task_of(config: Mapping[str, Any]) -> str | None:
    """Find the task of a config.

    What decides is the first of these that the config has: a transform that packs samples, the
    scope of the model's type, the default scope, a part of the model that only one task has. Of the
    hub's own models, those with a fixed number of classes classify images; pre-training has a table
    of class texts.

    Args:
        config: A resolved config.

    Returns:
        ``pre-training``, ``detection``, ``segmentation``, ``video`` or ``classification``; None if
        it has none of them.
    """
    for loader in _LOADERS:
        for step in pipeline_steps(config.get(loader)):
            task = _PACKERS.get(_without_scope(step.get("type")))
            if task is not None:
                return task
    model = config.get("model")
    model = model if isinstance(model, Mapping) else {}
    # What puts several views together wraps the model that was trained.
    model = model["module"] if isinstance(model.get("module"), Mapping) else model
    for scope in (_scope(model.get("type")), config.get("default_scope")):
        if isinstance(scope, str) and scope in _SCOPES:
            task = _SCOPES[scope]
            return CLASSIFICATION if task == PRE_TRAINING and "num_classes" in model else task
    return next((task for part, task in _PARTS.items() if model.get(part) is not None), None)


def pipeline_steps(loader: Any) -> Iterator[Mapping[str, Any]]:
    """Walk through the transforms of a data loader, the outer ones first.

    The walk enters wrapped data sets and the branches of wrapping transforms.

    Args:
        loader: A ``*_dataloader`` of a config, or a part of one.

    Yields:
        Every mapping with a ``type``: transforms and data sets.
    """
    if isinstance(loader, Mapping):
        for key in ("dataset", "datasets", "pipeline", "transforms"):
            yield from _steps(loader.get(key))


def views_of(loader: Any) -> tuple[int, int] | None:
    """Count the clips of a video and the crops of a frame that one prediction averages.

    Args:
        loader: A ``*_dataloader`` of a config.

    Returns:
        Clips and crops; None if the pipeline samples no frames.
    """
    steps = list(pipeline_steps(loader))
    clips = [
        step.get("num_clips", 1)
        for step in steps
        if "SampleFrames" in _without_scope(step.get("type"))
    ]
    if not clips or not isinstance(clips[0], int):
        return None
    crops = [_CROPS.get(_without_scope(step.get("type")), 1) for step in steps]
    return clips[0], max(crops)


def in_percent(name: str, value: float) -> float:
    """Return a framework's metric in percent; its name says whether it is given in [0, 1]."""
    return 100 * value if _SHARES.fullmatch(name) else value


def _steps(part: Any) -> Iterator[Mapping[str, Any]]:
    """Walk through lists of transforms and wrapped data sets."""
    if isinstance(part, Mapping):
        if isinstance(part.get("type"), str):
            yield part
        yield from pipeline_steps(part)
    elif isinstance(part, Sequence) and not isinstance(part, str):
        for entry in part:
            yield from _steps(entry)


def _scope(type_: Any) -> str | None:
    return type_.split(".")[0] if isinstance(type_, str) and "." in type_ else None


def _without_scope(type_: Any) -> str:
    return type_.rpartition(".")[2] if isinstance(type_, str) else ""
