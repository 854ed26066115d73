"""One training step of the three transfers' models, small and of the real size."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor
from torch.optim import AdamW

from iclip.benchmarks.settings import Settings

DOWNSTREAM = Path(__file__).resolve().parents[2] / "downstream"
# Configs of each transfer by size; none of them names a checkpoint that would be read here.
TRANSFERS = {
    "detection": {
        "small": "toy/lvis_frcnn.py",
        "Swin-T": "lvis_frcnn_swint_2x.py",
        "Swin-B": "lvis_frcnn_2x.py",
    },
    "segmentation": {
        "small": "toy/ade20k_maskformer.py",
        "Swin-T": "ade20k_maskformer_swint_160k.py",
        "Swin-B": "ade20k_maskformer_160k.py",
    },
    "video": {
        "small": "toy/k400_video_swin.py",
        "Swin-T": "k400_video_swin_swint_30e.py",
        "Swin-B": "k400_video_swin_30e.py",
    },
}
# mmaction's heads read their scores through NumPy, which has no bfloat16; its recipe is float16.
PRECISIONS = {"video": torch.float16}
SIZES: dict[str, tuple[int, ...]] = {
    "detection": (2, 3, 800, 1333),
    "segmentation": (2, 3, 640, 640),
    "video": (8, 1, 3, 32, 224, 224),
}
SMALL_SIZES: dict[str, tuple[int, ...]] = {
    "detection": (2, 3, 64, 96),
    "segmentation": (2, 3, 64, 64),
    "video": (2, 1, 3, 8, 32, 32),
}


class TransferStep:
    """Forward, backward and optimizer step of a transfer's model on one batch, once per call.

    Args:
        task: One of :data:`TRANSFERS`.
        size: One of its sizes.
        settings: Give the device; if ``tiny``, the model is the small one whatever the size.

    Attributes:
        shape: Shape of the inputs, (B, C, H, W) or (B, clips, C, T, H, W).
    """

    def __init__(self, task: str, size: str, settings: Settings) -> None:
        small = settings.tiny or size == "small"
        self.shape = (SMALL_SIZES if small else SIZES)[task]
        self.settings = settings
        self.precision = PRECISIONS.get(task, torch.bfloat16)
        # Small gradients would be zero in float16. On a CPU only the time counts, not the values.
        self.scaler = torch.amp.GradScaler(
            settings.device, enabled=self.precision is torch.float16 and settings.device == "cuda"
        )
        self.model, self.scope = _build(TRANSFERS[task]["small" if small else size])
        self.model.to(settings.device).train()
        self.batch = made_up_batch(task, self.shape)
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimizer = AdamW(trained, lr=1e-5, fused=True)
        self.loss = float("nan")

    def __call__(self) -> None:
        """Take the step and keep its loss."""
        with DefaultScope.overwrite_default_scope(self.scope):
            data = self.model.data_preprocessor(self.batch, True)
            with self.settings.autocast(self.precision):
                losses = self.model(**data, mode="loss")
        total: Tensor = self.model.parse_losses(losses)[0]
        self.scaler.scale(total).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad()
        self.loss = float(total.detach())


def _build(config: str) -> tuple[Any, str]:
    import iclip.openmmlab  # noqa: F401  (before the frameworks)

    cfg = Config.fromfile(DOWNSTREAM / config)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        return MODELS.build(cfg.model), cfg.default_scope


def made_up_batch(task: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """A batch of noise in which something is labelled, as the task's data loader gives it."""
    from iclip.openmmlab.trial_step import detection_sample, segmentation_sample, video_sample

    count, *rest = shape
    makers: dict[str, Callable[[], tuple[Tensor, Any]]] = {
        "detection": detection_sample,
        "segmentation": partial(segmentation_sample, rest[-1]),
        "video": partial(video_sample, *rest[-3:-1]),
    }
    samples = [makers[task]()[1] for _ in range(count)]
    if task == "detection":
        for sample in samples:
            sample.set_metainfo(dict.fromkeys(("img_shape", "ori_shape"), tuple(rest[-2:])))
    inputs = [torch.randint(0, 256, tuple(rest), dtype=torch.uint8) for _ in samples]
    return {"inputs": inputs, "data_samples": samples}
