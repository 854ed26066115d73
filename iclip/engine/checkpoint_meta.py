"""What one needs to know about a checkpoint years later, as plain values that load safely."""

import importlib.metadata
from collections.abc import Mapping
from typing import Any

import mmengine
import torch
from mmengine.dist import get_world_size
from mmengine.runner import Runner

from iclip import __version__
from iclip.engine.unwrap_model import unwrap


def describe_run(runner: Runner) -> dict[str, Any]:
    """Describe a run for the ``meta`` of its checkpoints.

    Returns:
        ``iclip_version``, ``versions`` of the stack, ``world_size``, ``samples_seen``; ``model``,
        the config's, from which the network can be built without running the config's code;
        ``image_size``, the side in pixels of the images it is evaluated on, and ``image_resize``,
        the short side that they are cut out of, or None; ``data``, what was read of each data set
        (`iclip.data_summary`); and ``class_texts``, if the model has that table.
    """
    description = {
        "iclip_version": __version__,
        "versions": versions(),
        "world_size": get_world_size(),
        "samples_seen": runner.message_hub.get_info("samples_seen", 0),
        "model": _plain(runner.cfg.get("model")),
        "image_size": image_size(runner.cfg),
        "image_resize": image_size(runner.cfg, "resize"),
        "data": runner.message_hub.get_info("data", {}),
    }
    class_texts = getattr(unwrap(runner), "class_texts", None)
    if class_texts is not None:
        description["class_texts"] = [
            {"id": text.id, "names": list(text.names), "description": text.description}
            for text in class_texts
        ]
    return description


def image_size(cfg: Mapping[str, Any], setting: str = "size") -> int | None:
    """Side in pixels of validation's images, else of training's; None where no transform says.

    Args:
        cfg: The run's config.
        setting: Of the transform: ``size``, or ``resize`` for the short side before the cut.
    """
    for section in ("val_dataloader", "train_dataloader"):
        size = _transform_size(cfg.get(section), setting)
        if size is not None:
            return size
    return None


def _transform_size(node: Any, setting: str) -> int | None:
    if isinstance(node, Mapping):
        if "image_transform" in node:
            transform = node["image_transform"]
            # Without a margin, the short side is that of the cut.
            is_plain = transform.get("type", "").removeprefix("iclip.") == "ResizeCenterCrop"
            return transform.get(setting) or (transform.get("size") if is_plain else None)
        node = list(node.values())
    if isinstance(node, list | tuple):
        sizes = (_transform_size(part, setting) for part in node)
        return next((size for size in sizes if size is not None), None)
    return None


def _plain(node: Any) -> Any:
    """Dicts, lists and tuples of plain values; a part of the config that is none is named."""
    if isinstance(node, Mapping):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return type(node)(_plain(value) for value in node)
    return node if node is None or isinstance(node, bool | int | float | str) else repr(node)


def versions() -> dict[str, str]:
    """The versions of what decides about numbers."""
    names = ("torchvision", "timm", "open_clip_torch", "numpy")
    versions = {name: importlib.metadata.version(name) for name in names}
    # Of the module: its maintained fork is a distribution of another name.
    return {"torch": str(torch.__version__), **versions, "mmengine": mmengine.__version__}
