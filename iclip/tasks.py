"""What a config is for, and how its data are viewed, told from the config's structure.

Names of model classes decide nothing: Mask R-CNN, Cascade R-CNN and RetinaNet are detection as
Faster R-CNN is. This module is of the floor: it imports nothing of the hub and no framework, and
takes mmengine's ``Config`` or the plain mapping of a dumped one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PRE_TRAINING = "pre-training"
DETECTION = "detection"
SEGMENTATION = "segmentation"
VIDEO = "video"
TRANSFERS = (DETECTION, SEGMENTATION, VIDEO)

# The registry in which a framework builds its models, and what the framework is for.
_SCOPES = {
    "iclip": PRE_TRAINING, "mmdet": DETECTION, "mmseg": SEGMENTATION, "mmaction": VIDEO,
}  # fmt: skip
# The transform that packs a sample for a framework's models: the last of its pipelines.
_PACKERS = {
    "PackDetInputs": DETECTION, "PackSegInputs": SEGMENTATION, "PackActionInputs": VIDEO,
}  # fmt: skip
# Parts that models of one task alone have.
_PARTS = {
    "class_prompts": PRE_TRAINING, "text_encoder": PRE_TRAINING,
    "roi_head": DETECTION, "rpn_head": DETECTION, "bbox_head": DETECTION, "mask_head": DETECTION,
    "panoptic_head": DETECTION, "decode_head": SEGMENTATION, "cls_head": VIDEO,
}  # fmt: skip
_LOADERS = ("train_dataloader", "test_dataloader", "val_dataloader")
# Crops of a frame or an image that these transforms make.
_CROPS = {"ThreeCrop": 3, "TenCrop": 10}
# What frameworks give as a share of 1: mmaction's accuracies, mmdet's average precisions.
_SHARES = re.compile(r"(.*/)?(acc/.*|(bbox|segm|proposal)_(m?AP|AR).*)")


def task_of(config: Mapping[str, Any]) -> str | None:
    """Tell the task of a run's config.

    The first of these that says it: the transform that packs the samples, the scope in which the
    model's type is named, the default scope, and the parts of the model.

    Args:
        config: A resolved config.

    Returns:
        ``pre-training``, ``detection``, ``segmentation`` or ``video``; None if nothing says it.
    """
    for loader in _LOADERS:
        for step in pipeline_steps(config.get(loader)):
            task = _PACKERS.get(_without_scope(step.get("type")))
            if task is not None:
                return task
    model = config.get("model")
    model = model if isinstance(model, Mapping) else {}
    for scope in (_scope(model.get("type")), config.get("default_scope")):
        if isinstance(scope, str) and scope in _SCOPES:
            return _SCOPES[scope]
    return next((task for part, task in _PARTS.items() if model.get(part) is not None), None)


def pipeline_steps(loader: Any) -> Iterator[Mapping[str, Any]]:
    """Walk through the transforms of a data loader, the outer ones first.

    Wrapped data sets and the branches of wrapping transforms are walked through as well; whatever
    has a ``type`` is given, the data sets too.

    Args:
        loader: A ``*_dataloader`` of a config, or a part of one.
    """
    if isinstance(loader, Mapping):
        for key in ("dataset", "datasets", "pipeline", "transforms"):
            yield from _steps(loader.get(key))


def views_of(loader: Any) -> tuple[int, int] | None:
    """Clips of a video, and crops of a frame, that one prediction averages.

    Args:
        loader: A ``*_dataloader`` of a config.

    Returns:
        The two numbers; None where the pipeline samples no frames.
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
    """A metric of one of the frameworks in percent, by its name: some are shares of 1."""
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
