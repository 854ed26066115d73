"""Prepare a collated batch for the model: move and normalize its images.

Labels, counts and the captions' ids stay on the CPU, because the models read their values (which
class texts to compose, how many captions each image has, how long each caption is), and reading a
value from a GPU waits for all work queued there.
"""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor
from torch import Tensor

from iclip.registry import MODELS

# Of CLIP's pixels in 0..255, in RGB order, with which pre-training normalizes.
CLIP_MEAN = (122.7709383, 116.7460125, 104.09373615)
CLIP_STD = (68.5005327, 66.6321375, 70.32316305)


@MODELS.register_module()
class BatchPreprocessor(BaseDataPreprocessor):
    """Moves a batch's images to the device and normalizes them.

    Args:
        mean: Channel means of pixels in 0..255, in RGB order; CLIP's by default.
        std: Channel standard deviations of the same pixels.
        pad_id: Not used. Configs of earlier versions, which checkpoints hold, state it.
    """

    def __init__(
        self,
        mean: Sequence[float] = CLIP_MEAN,
        std: Sequence[float] = CLIP_STD,
        pad_id: int | None = None,
    ) -> None:
        super().__init__()
        # 3, 1, 1, to broadcast over B, 3, H, W. They are settings, so checkpoints do not hold them.
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1), persistent=False)

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Tensor]:
        """Prepare one batch for the model's ``forward``.

        Args:
            data: ``inputs`` uint8 (B, 3, H, W), RGB; ``gt_labels`` (B_c,) int64 of the labelled
                images, ``token_ids`` (B_p, L) int64 of the captions and, for retrieval,
                ``caption_counts`` (B,) int64. Entries that are not tensors, such as the list of
                decode errors, are dropped.
            training: Unused; part of mmengine's interface.

        Returns:
            The same keys: ``inputs`` normalized to float32 on the device; the others as they
            are.
        """
        tensors = {key: value for key, value in data.items() if isinstance(value, Tensor)}
        inputs = self.cast_data({"inputs": tensors["inputs"]})["inputs"]
        tensors["inputs"] = (inputs - self.mean) / self.std
        return tensors
