"""When a prediction is right: the rule that all metrics of the hub share.

Equal scores count against the model: a false candidate that scores as high as the true one is
ranked before it. Candidates that all score the same have no order, nor has a row that holds a NaN,
and a true candidate whose score is infinite is never found.
"""

import torch
from torch import Tensor

# The rank of the true candidate in a row without an order: never below any k.
UNRANKED = torch.iinfo(torch.int64).max
# The prediction of a row without a single best class.
NO_CLASS = -1


def rank_of_truth(scores: Tensor, truth: Tensor) -> Tensor:
    """Count the false candidates that are ranked before the best of the true ones.

    Args:
        scores: (B, N)
        truth: (B, N) bool; each row has a true candidate.

    Returns:
        (B,) int64; 0 is right. :data:`UNRANKED` for a row that holds a NaN, whose best true score
        is infinite, or whose candidates, some of them false, all score the same.
    """
    best = scores.masked_fill(~truth, -torch.inf).amax(dim=1)  # B
    # >=, not >, because ties count against the model.
    before = ((scores >= best[:, None]) & ~truth).sum(dim=1)  # B, N -> B
    constant = (scores.amin(dim=1) == scores.amax(dim=1)) & ~truth.all(dim=1)
    without_order = scores.isnan().any(dim=1) | ~best.isfinite() | constant
    return before.masked_fill(without_order, UNRANKED)


def rank_of_label(scores: Tensor, gt_labels: Tensor) -> Tensor:
    """Count the classes that are ranked before the true one; see :func:`rank_of_truth`.

    Args:
        scores: (B, N)
        gt_labels: (B,) int64 in [0, N).

    Returns:
        (B,) int64
    """
    columns = torch.arange(scores.shape[1], device=scores.device)
    return rank_of_truth(scores, columns == gt_labels[:, None])


def predicted_class(scores: Tensor) -> Tensor:
    """Return the class that scores higher than every other one.

    Args:
        scores: (B, N)

    Returns:
        (B,) int64; :data:`NO_CLASS` where :func:`has_single_best` is False.
    """
    return scores.argmax(dim=1).masked_fill(~has_single_best(scores), NO_CLASS)


def has_single_best(scores: Tensor, dim: int = 1) -> Tensor:
    """Whether one class scores higher than every other one.

    Args:
        scores: (..., N, ...)
        dim: The dimension of the classes.

    Returns:
        (..., ...) bool, without the dimension of the classes; False where several share the best
        score, a score is NaN, or the best is infinite.
    """
    best = scores.amax(dim=dim)  # NaN if any is
    count = torch.zeros_like(best, dtype=torch.int32)
    # One class at a time: all at once would need a second array as large as the scores.
    for candidate in scores.unbind(dim):
        count += candidate == best
    return (count == 1) & best.isfinite()


def hits_in_order(scores: Tensor, present: Tensor) -> Tensor:
    """Sort the images by their score for one class, best first, as average precision needs it.

    Args:
        scores: (B,)
        present: (B,) bool: whether the image shows the class.

    Returns:
        (B,) bool: whether the image at each place of the order shows the class and is found. Of
        equal scores, images that do not show it come first. NaN comes before all scores. An image
        whose score is NaN or infinite is never found. If all images score the same, and not all of
        them show the class, none is found.
    """
    found = present & scores.isfinite()
    if len(scores) and scores.amin() == scores.amax() and not present.all():
        return torch.zeros_like(found)
    # The second sort is stable, so among equal scores the misses stay first.
    misses_first = found.int().argsort(stable=True)
    keys = scores.masked_fill(scores.isnan(), torch.inf)[misses_first]
    return found[misses_first][keys.argsort(descending=True, stable=True)]
