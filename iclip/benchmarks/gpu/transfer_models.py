"""One training step of the three transfers' models, small and of the real size."""

from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor
from torch.optim import AdamW

from iclip.benchmarks.harness.settings import Settings
from iclip.shipped_configs import shipped_config

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
# Shapes of the inputs, (B, C, H, W) or (B, clips, C, T, H, W).
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
        settings: The device; if ``tiny``, the model is the small one whatever the size.

    Attributes:
        shape: Shape of the inputs, (B, C, H, W) or (B, clips, C, T, H, W).
    """

    def __init__(self, task: str, size: str, settings: Settings) -> None:
        from iclip.openmmlab.made_up_samples import made_up_batch  # also: before the frameworks

        small = settings.tiny or size == "small"
        self.shape = (SMALL_SIZES if small else SIZES)[task]
        self.settings = settings
        self.precision = PRECISIONS.get(task, torch.bfloat16)
        # In float16 small gradients would be zero without a scaler. A CPU does not need one, since
        # only the time of its steps is measured.
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
    """Build a config's model with random weights; return it and its framework's scope."""
    cfg = Config.fromfile(shipped_config(f"downstream/{config}"))
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        return MODELS.build(cfg.model), cfg.default_scope
