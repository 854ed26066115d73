"""Light files of the toy transfers' models, with random weights."""

from pathlib import Path
from typing import Any

import torch
from mmengine.registry import MODELS, DefaultScope

import iclip.openmmlab.video.swin  # noqa: F401  (registers the backbone)
from iclip.checkpoints.model_files import write_model_file
from iclip.tasks import task_of
from tests.support.framework_predictions import toy_config

CLASS_COUNTS = {"lvis_frcnn": 72, "ade20k_maskformer": 18, "k400_video_swin": 8}


def write_toy_model(task: str, path: Path, **changes: Any) -> Path:
    """Write the light file of a toy transfer.

    Args:
        task: A name of ``downstream/toy``.
        path: The file.
        changes: Settings of the config that it holds, by dotted key with ``__`` for the dots.
    """
    cfg = toy_config(task)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        weights = MODELS.build(cfg.model).state_dict()
    config = cfg.to_dict()
    for key, value in changes.items():
        *way, last = key.split("__")
        section = config
        for name in way:
            section = section[int(name)] if isinstance(section, list) else section[name]
        section[last] = value
    classes = [f"thing {number}" for number in range(CLASS_COUNTS[task])]
    write_model_file(
        path, weights, task=str(task_of(cfg)), classes=classes, config=config,
        figures={"coco/bbox_mAP": 0.5}, trained={"iteration": 7},
    )  # fmt: skip
    return path
