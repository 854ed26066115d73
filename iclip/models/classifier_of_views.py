"""A classifier of images that averages its probabilities over several views of each image."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseTTAModel
from torch import Tensor, nn

from iclip.registry import MODELS


@MODELS.register_module()
class ClassifierOfViews(BaseTTAModel):
    """Average the probabilities of classes over an image's sizes, each as it is and mirrored.

    The views are made of the batch that the loader gives, so its transform stays as it is.

    Args:
        module: The classifier, or its config; its ``val_step`` takes a batch with ``inputs``, uint8
            (B, 3, H, W), and gives a dict with ``logits`` (N,) per image.
        scales: Factors of the side of the images.
    """

    def __init__(self, module: dict[str, Any] | nn.Module, scales: Sequence[float]) -> None:
        super().__init__(module)
        self.scales = tuple(scales)

    def val_step(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what the classifier gives of the images; ``logits`` are logs of the means."""
        views = [self.module.val_step({**data, "inputs": v}) for v in self._views(data["inputs"])]
        return self.merge_preds(list(zip(*views, strict=True)))

    def test_step(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        """Do as :meth:`val_step`."""
        return self.val_step(data)

    def merge_preds(self, data_samples_list: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """Average each image's views."""
        return [
            {
                **views[0],
                "logits": torch.stack([view["logits"].softmax(0) for view in views]).mean(0).log(),
            }
            for views in data_samples_list
        ]

    def _views(self, images: Tensor) -> list[Tensor]:
        """Return all views of a batch, uint8 (B, 3, H, W), that as it is first."""
        sizes = [_resized(images, scale) for scale in self.scales]
        return [view for size in sizes for view in (size, size.flip(-1))]


def _resized(images: Tensor, scale: float) -> Tensor:
    if scale == 1:
        return images
    size = [max(1, round(side * scale)) for side in images.shape[-2:]]
    resized = F.interpolate(images.float(), size, mode="bilinear", antialias=True)
    return resized.round().clamp(0, 255).to(images.dtype)
