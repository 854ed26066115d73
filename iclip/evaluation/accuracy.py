"""Top-k accuracy."""

from collections.abc import Sequence

from torch import Tensor

from iclip.evaluation.ranking import rank_of_label


def top_k_accuracy(
    scores: Tensor, gt_labels: Tensor, top_k: Sequence[int] = (1, 5)
) -> dict[str, float]:
    """Share of rows whose true class is among the k highest scores.

    A class is in the top k only if fewer than k other classes score as high or higher, and no
    score of the row is NaN (:mod:`iclip.evaluation.ranking`). Equal scores for all classes are
    therefore 0 %, not 100 %.

    Args:
        scores: (B, N)
        gt_labels: (B,) int64 in [0, N).
        top_k: The ks; a k of N or more would be 100 % by definition and is left out.

    Returns:
        ``top1``, ``top5``, ...: percent.
    """
    rank = rank_of_label(scores, gt_labels)
    return {
        f"top{k}": 100 * (rank < k).double().mean().item() for k in top_k if k < scores.shape[1]
    }
