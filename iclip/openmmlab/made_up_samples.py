"""Make batches of labelled noise as the tasks' data loaders give them."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

# Shape of a batch by task: images (B, C, H, W), videos (B, clips, C, T, H, W).
SMALL_SHAPES: dict[str, tuple[int, ...]] = {
    "detection": (2, 3, 64, 64),
    "segmentation": (2, 3, 64, 64),
    "video": (2, 1, 3, 16, 32, 32),
}


def made_up_batch(task: str, shape: Sequence[int] | None = None) -> dict[str, Any]:
    """Make a batch of a task.

    Args:
        task: One of :data:`SMALL_SHAPES`.
        shape: Shape of the batch; None: the small shape.
    """
    count, *rest = shape or SMALL_SHAPES[task]
    samples = [_SAMPLES[task](*rest) for _ in range(count)]
    return {
        "inputs": [inputs for inputs, _ in samples],
        "data_samples": [sample for _, sample in samples],
    }


def detection_sample(
    channels: int = 3, height: int = 64, width: int = 64
) -> tuple[torch.Tensor, Any]:
    """Make an image with two boxes and their masks."""
    from mmdet.structures import DetDataSample
    from mmdet.structures.mask import BitmapMasks
    from mmengine.structures import InstanceData, PixelData

    # Corners (x1, y1, x2, y2) in shares of the image; two boxes that overlap.
    sides = torch.tensor([width, height, width, height])
    boxes = torch.tensor([[0.1, 0.1, 0.5, 0.5], [0.4, 0.3, 0.9, 0.9]]) * sides
    masks = torch.zeros(2, height, width, dtype=torch.uint8)
    for mask, (x1, y1, x2, y2) in zip(masks, boxes.int().tolist(), strict=True):
        mask[y1:y2, x1:x2] = 1
    sample = DetDataSample(metainfo=_shapes(height, width) | {"scale_factor": (1.0, 1.0)})
    sample.gt_instances = InstanceData(
        bboxes=boxes,
        labels=torch.tensor([1, 3]),
        masks=BitmapMasks(masks.numpy(), height, width),
    )
    # 255 is the label that the frameworks ignore; heads of semantic segmentation read this map.
    unlabelled = torch.full((1, height, width), 255, dtype=torch.int64)
    sample.gt_sem_seg = PixelData(sem_seg=unlabelled)
    return _noise(channels, height, width), sample


def segmentation_sample(
    channels: int = 3, height: int = 64, width: int = 64
) -> tuple[torch.Tensor, Any]:
    """Make an image of two classes, with pixels without a label."""
    from mmengine.structures import PixelData
    from mmseg.structures import SegDataSample

    labels = torch.zeros(1, height, width, dtype=torch.int64)
    labels[:, height // 3 : height // 2, width // 6 : width // 2] = 7
    labels[:, -height // 8 :] = 255  # ignored by mmseg
    sample = SegDataSample(metainfo=_shapes(height, width))
    sample.gt_sem_seg = PixelData(data=labels)
    return _noise(channels, height, width), sample


def video_sample(*shape: int) -> tuple[torch.Tensor, Any]:
    """Make clips (clips, C, T, H, W) of a video with its class."""
    from mmaction.structures import ActionDataSample

    return _noise(*shape), ActionDataSample().set_gt_label(5)


_SAMPLES: dict[str, Callable[..., tuple[torch.Tensor, Any]]] = {
    "detection": detection_sample,
    "segmentation": segmentation_sample,
    "video": video_sample,
}


def _shapes(height: int, width: int) -> dict[str, Any]:
    """Return all sizes of an image that is neither resized nor padded."""
    names = ("img_shape", "ori_shape", "pad_shape", "batch_input_shape")
    return dict.fromkeys(names, (height, width))


def _noise(*shape: int) -> torch.Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8)
