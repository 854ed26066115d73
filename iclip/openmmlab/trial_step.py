"""Train a downstream task's small model for one step on a made-up batch.

It takes seconds, and on a GPU it runs the code that only a GPU runs.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from mmengine.registry import MODELS, DefaultScope

DOWNSTREAM = Path(__file__).resolve().parents[2] / "downstream" / "toy"
# Configs of small models that need no checkpoint.
CONFIGS = {
    "detection": "lvis_frcnn_scratch.py",
    "segmentation": "ade20k_maskformer_scratch.py",
    "video": "k400_video_swin_scratch.py",
}


def trial_step(task: str, device: str) -> float:
    """Train a small model for one step.

    Args:
        task: One of :data:`CONFIGS`.
        device: ``'cuda'`` or ``'cpu'``.

    Returns:
        The loss.

    Raises:
        FileNotFoundError: ``downstream/toy`` is not beside the package, as in a checkout.
        RuntimeError: The loss is not finite.
    """
    model, scope = small_model(task)
    with DefaultScope.overwrite_default_scope(scope):
        model.to(device).train()
        optimizer = OptimWrapper(torch.optim.SGD(model.parameters(), lr=1e-3))
        loss = float(model.train_step(made_up_batch(task), optimizer)["loss"])
    if not math.isfinite(loss):
        raise RuntimeError(f"the loss of a training step on {device} is {loss}")
    return loss


def small_model(task: str) -> tuple[Any, str]:
    """Build a task's small model with random weights; return it and its framework's scope."""
    path = DOWNSTREAM / CONFIGS[task]
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is not there: the package does not contain the small models; run from a "
            "checkout of the repository"
        )
    cfg = Config.fromfile(path)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model)
        model.init_weights()
    return model, cfg.default_scope


def made_up_batch(task: str) -> dict[str, Any]:
    """Make a batch as the task's data loader does: labelled noise."""
    samples = [_SAMPLES[task]() for _ in range(2)]
    return {
        "inputs": [inputs for inputs, _ in samples],
        "data_samples": [sample for _, sample in samples],
    }


def detection_sample(side: int = 64) -> tuple[torch.Tensor, Any]:
    """Make an image with two boxes and their masks."""
    from mmdet.structures import DetDataSample
    from mmdet.structures.mask import BitmapMasks
    from mmengine.structures import InstanceData, PixelData

    boxes = torch.tensor([[0.1, 0.1, 0.5, 0.5], [0.4, 0.3, 0.9, 0.9]]) * side
    masks = torch.zeros(2, side, side, dtype=torch.uint8)
    for mask, (x1, y1, x2, y2) in zip(masks, boxes.int().tolist(), strict=True):
        mask[y1:y2, x1:x2] = 1
    sample = DetDataSample(metainfo=_shapes(side) | {"scale_factor": (1.0, 1.0)})
    sample.gt_instances = InstanceData(
        bboxes=boxes,
        labels=torch.tensor([1, 3]),
        masks=BitmapMasks(masks.numpy(), side, side),
    )
    sample.gt_sem_seg = PixelData(sem_seg=torch.full((1, side, side), 255, dtype=torch.int64))
    return _noise(3, side, side), sample


def segmentation_sample(side: int = 64) -> tuple[torch.Tensor, Any]:
    """Make an image of two classes."""
    from mmengine.structures import PixelData
    from mmseg.structures import SegDataSample

    labels = torch.zeros(1, side, side, dtype=torch.int64)
    labels[:, side // 3 : side // 2, side // 6 : side // 2] = 7
    sample = SegDataSample(metainfo=_shapes(side))
    sample.gt_sem_seg = PixelData(data=labels)
    return _noise(3, side, side), sample


def video_sample(frames: int = 16, side: int = 32) -> tuple[torch.Tensor, Any]:
    """Make a clip with its class."""
    from mmaction.structures import ActionDataSample

    return _noise(1, 3, frames, side, side), ActionDataSample().set_gt_label(5)


_SAMPLES: dict[str, Callable[[], tuple[torch.Tensor, Any]]] = {
    "detection": detection_sample,
    "segmentation": segmentation_sample,
    "video": video_sample,
}


def _shapes(side: int) -> dict[str, Any]:
    names = ("img_shape", "ori_shape", "pad_shape", "batch_input_shape")
    return dict.fromkeys(names, (side, side))


def _noise(*shape: int) -> torch.Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8)
