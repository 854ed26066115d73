"""The config of a model as a file describes it, such that building it runs nothing that it names.

mmengine builds whatever ``type`` says: a name that no registry has is imported and called, a scope
is imported, and mmcv evaluates the name of an operator as Python. So a description may name what
the frameworks and the hub registered, and their operators; what reads files is left out or refused.
"""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmengine.config import Config
from mmengine.registry import Registry

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.settings import plain_values, walk_settings
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO

_FRAMEWORKS = {DETECTION: "mmdet", SEGMENTATION: "mmseg", VIDEO: "mmaction"}
_SCOPES = (*_FRAMEWORKS.values(), "mmengine", "iclip")
# Which registries may be asked for the parts of a model.
_PARTS = ("MODELS", "TASK_UTILS")

# Functions and layers that configs name, though no registry has them: mmcv's, and mmaction's mean.
OPERATORS = frozenset(("nms", "soft_nms", "RoIAlign", "RoIPool", "RoIAlignRotated", "AvgConsensus"))

# Modules of the frameworks that read what a setting names, import it, or run it.
READING = (
    "mmdet.models.dense_heads.atss_vlfusion_head",
    "mmdet.models.detectors.kd_one_stage",
    "mmdet.models.detectors.lad",
    "mmdet.models.language_models",
    "mmdet.models.task_modules.tracking",
    "mmseg.models.backbones.timm_backbone",
    "mmseg.models.backbones.vpd",
    "mmseg.models.text_encoder",
    "mmaction.models.localizers",
    "mmaction.models.multimodal",
    "mmaction.models.roi_heads.shared_heads",
    "mmaction.models.similarity",
    "mmaction.models.heads.uniformer_head",
)

# Settings that name files of weights, and of the classes of a classifier by words, which are
# weights, too; those of the file itself replace them.
_WEIGHT_SETTINGS = frozenset(
    ("init_cfg", "pretrained", "checkpoint", "class_texts", "class_embeddings")
)

# Transforms of test data that take numbers alone. What reads an image, a video or annotations is
# replaced or dropped by iclip.openmmlab.predict.input_pipeline.
TRANSFORMS = frozenset(
    (
        *(
            "LoadImageFromFile",
            "LoadAnnotations",
            "LoadPanopticAnnotations",
            "Resize",
            "FixScaleResize",
            "Pad",
            "CenterCrop",
        ),
        *("Normalize", "RandomFlip", "Flip", "PackDetInputs", "PackSegInputs", "PackActionInputs"),
        *("OpenVideo", "DecodeFrames", "DecordInit", "DecordDecode", "PyAVInit", "PyAVDecode"),
        *("OpenCVInit", "OpenCVDecode", "SampleFrames", "UniformSample", "ThreeCrop", "TenCrop"),
        *("FormatShape", "ResizeToMultiple", "ResizeShortestEdge"),
    )
)


def described_config(description: Mapping[str, Any], task: str, place: str) -> Config:
    """Return of a config what predicting needs, checked: the model and its test transforms.

    Args:
        description: A resolved config, plain values.
        task: One of :mod:`iclip.tasks` that a framework has.
        place: Where it was read, for messages.

    Raises:
        ValueError: It names what it may not, or lacks a part.
    """
    scope = _FRAMEWORKS[task]
    model, loader = description.get("model"), description.get("test_dataloader")
    data_set = loader.get("dataset") if isinstance(loader, Mapping) else None
    pipeline = data_set.get("pipeline") if isinstance(data_set, Mapping) else None
    if not isinstance(model, Mapping) or not isinstance(pipeline, list | tuple):
        raise ValueError(
            f"{place} describes no model (model) or no transforms "
            "(test_dataloader.dataset.pipeline)"
        )
    import iclip.openmmlab.text_detection
    import iclip.openmmlab.text_maskformer_head
    import iclip.openmmlab.video.swin
    import iclip.openmmlab.video.text_head  # noqa: F401  (they register what models are built of)

    model = _without_weights(plain_values(model))
    _check_model(model, scope, f"{place}: model")
    _check_pipeline(pipeline, f"{place}: test_dataloader.dataset.pipeline")
    return Config(
        {
            "default_scope": scope,
            "model": model,
            "test_dataloader": {"dataset": {"pipeline": plain_values(pipeline)}},
        }
    )


def _without_weights(part: Any) -> Any:
    """Copy a part of a model's config without the files of its weights."""
    if isinstance(part, Mapping):
        return {
            key: _without_weights(value)
            for key, value in part.items()
            if key not in _WEIGHT_SETTINGS
        }
    if isinstance(part, list | tuple):
        return type(part)(map(_without_weights, part))
    return part


def _check_model(model: Mapping[str, Any], scope: str, place: str) -> None:
    for key, value in walk_settings(model, place):
        if isinstance(value, Mapping):
            if "_scope_" in value and value["_scope_"] not in _SCOPES:
                raise ValueError(_refusal(f"{key}._scope_", value["_scope_"]))
            if "type" in value and not _is_known(value["type"], scope):
                raise ValueError(_refusal(f"{key}.type", value["type"]))
        elif isinstance(value, str) and ("/" in value or "\\" in value):
            raise ValueError(_refusal(key, value))


def _check_pipeline(pipeline: Sequence[Any], place: str) -> None:
    for number, step in enumerate(pipeline):
        if not isinstance(step, Mapping) or "type" not in step:
            raise ValueError(_refusal(f"{place}.{number}", step))
    for key, value in walk_settings(pipeline, place):
        if isinstance(value, Mapping) and "_scope_" in value:
            raise ValueError(_refusal(f"{key}._scope_", value["_scope_"]))
        if isinstance(value, Mapping) and "type" in value:
            given, _, name = str(value["type"]).rpartition(".")
            if name not in TRANSFORMS or given not in ("", *_SCOPES):
                raise ValueError(_refusal(f"{key}.type", value["type"]))


def _is_known(name: Any, scope: str) -> bool:
    """Whether a type is an operator, or one of the frameworks' or the hub's that reads no file."""
    if not isinstance(name, str):
        return False
    if name in OPERATORS:
        return True
    given, _, bare = name.rpartition(".")
    if given not in ("", *_SCOPES):
        return False
    found = [
        registry.module_dict[bare]
        for registry in _registries(given or scope)
        if bare in registry.module_dict
    ]
    return bool(found) and not any(
        f"{getattr(entry, '__module__', '')}.".startswith(tuple(f"{part}." for part in READING))
        for entry in found
    )


def _registries(scope: str) -> Iterator[Registry]:
    """Yield the registries in which mmengine looks for a part of a model, filled."""
    module = importlib.import_module(f"{scope}.registry")
    for name in _PARTS:
        registry: Registry | None = getattr(module, name, None)
        while registry is not None:
            registry.import_from_location()
            yield registry
            registry = registry.parent


def _refusal(key: str, value: Any) -> str:
    return (
        f"{key} is {value!r}. A model that comes in a file may name only what the frameworks and "
        "the hub registered, and no files, since building it could run code. To use it all the "
        "same, give the config that you trust: tools/predict.py CONFIG CHECKPOINT INPUT"
    )
