"""A linear classifier of image features, and a classifier's share of the global loss."""

from torch import Tensor, nn
from torch.nn import functional as F

from iclip.distributed import global_mean
from iclip.models.methods.image_method import to_device


class LinearClassifier(nn.Linear):
    """Maps pooled features (B, C) to logits (B, N)."""

    def loss(self, features: Tensor, gt_labels: Tensor, sizes: list[int]) -> Tensor:
        """Compute this rank's share of the mean cross entropy over all ranks' labelled images.

        Args:
            features: (B, C)
            gt_labels: (B,) int64 in [0, N), or the share of each class, float32 (B, N); on the CPU.
            sizes: Labelled images of each rank.
        """
        return share_of_cross_entropy(self(features), gt_labels, sizes)


def share_of_cross_entropy(logits: Tensor, gt_labels: Tensor, sizes: list[int]) -> Tensor:
    """Compute this rank's share of the mean cross entropy over all ranks' labelled images.

    Args:
        logits: (B, N)
        gt_labels: See :meth:`LinearClassifier.loss`.
        sizes: Labelled images of each rank.
    """
    loss = F.cross_entropy(logits, to_device(gt_labels, logits), reduction="sum")
    return global_mean(loss, sizes)
