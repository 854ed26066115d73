"""What configs compute: settings that differ from others, channels of a Swin, heads of words.

A config imports these after its ``_base_``, which tells mmengine that it is a text-style config.
mmengine leaves functions out of what a config holds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from iclip.models.data_preprocessor import CLIP_MEAN, CLIP_STD
from iclip.models.swin.arch import SwinArch


def with_settings(
    parts: Sequence[Mapping[str, Any]], **settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Copy a list of transforms or schedulers, some of them with other settings.

    Args:
        parts: Dicts with a ``type`` each.
        **settings: The settings that differ, by type.

    Raises:
        ValueError: No part has one of the types.
    """
    types = [part["type"] for part in parts]
    for name in settings:
        if name not in types:
            raise ValueError(f"no part has type={name!r}; the types are {', '.join(types)}")
    return [{**part, **settings.get(part["type"], {})} for part in parts]


def with_changes(settings: Any, changes: Mapping[str, Any], inherited: Any = None) -> Any:
    """Copy nested settings, some of them changed, as ``--cfg-options`` changes a whole config.

    Args:
        settings: Mappings and lists in each other; None for no settings.
        changes: Values by dotted key; a number in a key is an index into a list.
        inherited: The settings that mmengine will merge ``settings`` into. A list of theirs is
            copied where a key leads into it, since mmengine replaces lists as a whole.
    """
    for key, value in changes.items():
        settings = _changed(settings, key.split("."), value, inherited)
    return settings


def _changed(settings: Any, way: Sequence[str], value: Any, inherited: Any) -> Any:
    """Return settings with another value at the end of a way through them."""
    if not way:
        return value
    part, *rest = way
    if settings is None:
        settings = inherited if isinstance(inherited, list | tuple) else {}
    if isinstance(settings, list | tuple):
        entries = list(settings)
        entries[int(part)] = _changed(entries[int(part)], rest, value, None)
        return type(settings)(entries)
    below = inherited.get(part) if isinstance(inherited, Mapping) else None
    return {**settings, part: _changed(settings.get(part), rest, value, below)}


def without_settings(part: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Copy settings without some of them, for what takes others.

    Raises:
        ValueError: There is no setting of one of the names.
    """
    absent = [name for name in names if name not in part]
    if absent:
        raise ValueError(f"no setting {', '.join(absent)}; the settings are {', '.join(part)}")
    return {name: value for name, value in part.items() if name not in names}


def clip_settings(
    pipeline: Sequence[Mapping[str, Any]], frames: int, side: int, shorter: int, mirror: bool = True
) -> list[dict[str, Any]]:
    """Copy a pipeline of video, with clips of another size.

    Args:
        pipeline: Transforms of mmaction with a ``type`` each.
        frames: Frames of a clip.
        side: Side of the square that the network sees, in pixels.
        shorter: Side to which a frame's shorter side is resized before the square is cut out.
        mirror: Whether half of the clips are mirrored, if the pipeline does so.
    """

    def changed(step: Mapping[str, Any]) -> dict[str, Any]:
        kind = step["type"]
        if kind == "SampleFrames":
            return {**step, "clip_len": frames}
        if kind == "Resize":
            # The first one keeps the frame's proportions, (-1, shorter side).
            return {**step, "scale": (-1, shorter) if step["scale"][0] == -1 else (side, side)}
        if kind in ("CenterCrop", "ThreeCrop"):
            return {**step, "crop_size": side}
        return {**step, "flip_ratio": 0.0} if kind == "Flip" and not mirror else dict(step)

    return [changed(step) for step in pipeline]


def swin_channels(arch: str | Mapping[str, Any]) -> list[int]:
    """Return the channels of each stage of a Swin.

    Args:
        arch: ``arch`` of a ``SwinBackbone``. It may contain ``_delete_``, which tells mmengine to
            replace the inherited dict.
    """
    if not isinstance(arch, str):
        arch = {key: value for key, value in arch.items() if key != "_delete_"}
    return list(SwinArch.parse(arch).dims)


def text_box_head(classifier: Mapping[str, Any]) -> dict[str, Any]:
    """Return a box head that knows its classes by their words; one box per region for all of them.

    Args:
        classifier: Settings of an ``iclip.TextClassifier``.
    """
    return dict(
        type="iclip.TextBBoxHead",
        reg_class_agnostic=True,
        cls_predictor_cfg=dict(classifier, background=True),
    )


def frozen_score_head(
    classifier: Mapping[str, Any], arch: str | Mapping[str, Any], stride: int, **shares: float
) -> dict[str, Any]:
    """Return what F-VLM's second score adds to a RoI head: the frozen last map, read by words.

    Args:
        classifier: Settings of an ``iclip.TextClassifier``.
        arch: See :func:`swin_channels`.
        stride: Pixels of the image per position of the last map.
        **shares: ``trained_share`` and ``new_share``, where they are not the head's own.
    """
    channels = swin_channels(arch)[-1]
    return dict(
        type="iclip.FrozenScoreRoIHead",
        **shares,
        image_roi_extractor=dict(
            type="SingleRoIExtractor",
            roi_layer=dict(type="RoIAlign", output_size=7, sampling_ratio=0),
            out_channels=channels,
            featmap_strides=[stride],
        ),
        image_classifier=dict(classifier, in_features=channels, projection="pretrained"),
    )


def clip_pixels() -> dict[str, list[float]]:
    """Return the ``mean`` and ``std`` of pixels that the pre-training has, CLIP's, in 0..255."""
    return dict(mean=list(CLIP_MEAN), std=list(CLIP_STD))
