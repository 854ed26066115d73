"""A checkpoint's description of its run, as plain values that load safely."""

import importlib.metadata
from collections.abc import Mapping
from typing import Any

import mmengine
import torch
from mmengine.dist import get_world_size
from mmengine.runner import Runner

from iclip import __version__
from iclip.engine.saving.class_words import describe_class_words
from iclip.settings import plain_values, walk_settings


def describe_run(runner: Runner) -> dict[str, Any]:
    """Describe a run for the ``meta`` of its checkpoints.

    Returns:
        ``iclip_version``, ``versions`` of the libraries, ``world_size``, ``samples_seen``,
        ``global_batch_size`` where the config states it;
        ``model``, a section of the config, from which the network can be built without running the
        config's code; ``image_size``, the side in pixels of the images that it is evaluated on,
        and ``image_resize``, the short side before they are cropped, or None; ``data``, what was
        read of each data set (`iclip.data_summary`); ``class_texts`` and ``text_tower``, see
        :func:`~iclip.engine.saving.class_words.describe_class_words`.
    """
    return {
        "iclip_version": __version__,
        "versions": versions(),
        "world_size": get_world_size(),
        "samples_seen": runner.message_hub.get_info("samples_seen", 0),
        "global_batch_size": runner.cfg.get("global_batch_size"),
        "model": plain_values(runner.cfg.get("model")),
        "image_size": image_size(runner.cfg),
        "image_resize": image_size(runner.cfg, "resize"),
        "data": runner.message_hub.get_info("data", {}),
        **describe_class_words(runner.model),
    }


def image_size(cfg: Mapping[str, Any], setting: str = "size") -> int | None:
    """Find the side in pixels of the images that validation, or else training, reads.

    Args:
        cfg: The run's config.
        setting: The transform's setting: ``size``, or ``resize`` for the short side before the
            crop.

    Returns:
        The side; None if no transform states it.
    """
    sizes = (
        _transform_size(value, setting)
        for section in ("val_dataloader", "train_dataloader")
        for key, value in walk_settings(cfg.get(section), section)
        if key.endswith(".image_transform")
    )
    return next((size for size in sizes if size is not None), None)


def _transform_size(transform: Mapping[str, Any], setting: str) -> int | None:
    # ResizeCenterCrop without `resize` scales the short side to the crop's own size.
    is_center_crop = transform.get("type", "").removeprefix("iclip.") == "ResizeCenterCrop"
    return transform.get(setting) or (transform.get("size") if is_center_crop else None)


def versions() -> dict[str, str]:
    """Return the versions of the libraries that the computed values depend on."""
    names = ("torchvision", "timm", "open_clip_torch", "numpy")
    found = {name: importlib.metadata.version(name) for name in names}
    # mmengine's version comes from its module: the maintained fork's distribution has another name.
    return {"torch": str(torch.__version__), **found, "mmengine": mmengine.__version__}
