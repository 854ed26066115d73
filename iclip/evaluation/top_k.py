"""Top-k accuracy."""

from collections.abc import Sequence

from torch import Tensor


def top_k_accuracy(
    scores: Tensor, gt_labels: Tensor, top_k: Sequence[int] = (1, 5)
) -> dict[str, float]:
    """Share of rows whose true class is among the k highest scores.

    Ties count against the model: a class is in the top k only if fewer than k other classes score
    as high or higher. Equal scores for all classes are therefore 0 %, not 100 %.

    Args:
        scores: (B, N)
        gt_labels: (B,) int64 in [0, N).
        top_k: The ks; a k of N or more is 100 % by definition and left out.

    Returns:
        ``top1``, ``top5``, ...: percent.
    """
    true_score = scores.gather(1, gt_labels[:, None])
    rank = (scores >= true_score).sum(dim=1) - 1  # the true class itself is not counted
    return {
        f"top{k}": 100 * (rank < k).double().mean().item() for k in top_k if k < scores.shape[1]
    }
