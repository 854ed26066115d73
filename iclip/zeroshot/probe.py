"""Logistic regression on kept image embeddings: on all labels, and on a few per class."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit

from iclip.evaluation.accuracy import top1_accuracy

Rows = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

# CLIP's sweep (arXiv:2103.00020, appendix A.3): 96 steps over 12 decades, found by bisection.
STEPS_PER_DECADE = 8
DECADES = (-6, 6)
SHOTS = (1, 2, 4, 8, 16)
VALIDATION = 0.2
ITERATIONS = 1000

# A label that no prediction equals, not even NO_CLASS.
NOT_FITTED = -2


def linear_probe(
    train: Rows, train_labels: Labels, test: Rows, test_labels: Labels, seed: int = 0
) -> dict[str, float]:
    """Fit on all labels; the regularization is chosen on a fifth of the training images.

    Args:
        train: Embeddings, (N, D).
        train_labels: (N,)
        test: Embeddings, (M, D).
        test_labels: (M,)
        seed: Seed of the split, which keeps the classes' shares.

    Returns:
        ``top1`` on the test images and ``validation``, both in percent, and ``C``.
    """
    fit, held_out = _split(train_labels, seed)
    best = best_regularization(
        lambda c: _accuracy(
            c, train[fit], train_labels[fit], train[held_out], train_labels[held_out]
        )
    )
    return {
        "top1": _accuracy(best[0], train, train_labels, test, test_labels),
        "validation": best[1],
        "C": best[0],
    }


def few_shot(
    train: Rows,
    train_labels: Labels,
    test: Rows,
    test_labels: Labels,
    shots: Sequence[int] = SHOTS,
    seeds: int = 3,
) -> dict[int, dict[str, Any]]:
    """Fit on k images per class, drawn several times; the regularization is chosen likewise.

    Args:
        train: Embeddings, (N, D).
        train_labels: (N,)
        test: Embeddings, (M, D).
        test_labels: (M,)
        shots: The ks.
        seeds: Number of draws for each k.

    Returns:
        For each k, unless a class of the training part has too few images: ``mean`` and ``spread``
        (sample standard deviation) of top-1 over the draws, and ``top1`` of each draw.
    """
    results: dict[int, dict[str, Any]] = {}
    for k in shots:
        found = []
        for seed in range(seeds):
            pool, held_out = _split(train_labels, seed)
            if np.bincount(train_labels[pool])[np.unique(train_labels)].min() < k:
                break
            drawn = _draw(train_labels[pool], k, seed)
            rows, labels = train[pool][drawn], train_labels[pool][drawn]
            best = best_regularization(
                lambda c, rows=rows, labels=labels, held_out=held_out: _accuracy(  # type: ignore[misc]
                    c, rows, labels, train[held_out], train_labels[held_out]
                )
            )
            found.append(_accuracy(best[0], rows, labels, test, test_labels))
        if len(found) == seeds:
            spread = statistics.stdev(found) if seeds > 1 else 0.0
            results[k] = {"mean": statistics.mean(found), "spread": spread, "top1": found}
    return results


def best_regularization(accuracy: Callable[[float], float]) -> tuple[float, float]:
    """Search the inverse strength C: every second decade, then in halved steps around the best.

    Args:
        accuracy: Returns the accuracy of a C on validation images.

    Returns:
        The best C (among equals, the strongest regularization) and its accuracy.
    """
    known: dict[float, float] = {}
    step = 2.0
    places = [float(place) for place in range(DECADES[0], DECADES[1] + 1, 2)]
    while True:
        known |= {place: accuracy(10**place) for place in places if place not in known}
        best = max(known, key=lambda place: (known[place], -place))
        step /= 2
        if step < 1 / STEPS_PER_DECADE:
            return 10**best, known[best]
        places = [p for p in (best - step, best + step) if DECADES[0] <= p <= DECADES[1]]


def _split(labels: Labels, seed: int) -> tuple[Labels, Labels]:
    splitter = StratifiedShuffleSplit(n_splits=1, test_size=VALIDATION, random_state=seed)
    (fit, held_out) = next(splitter.split(labels, labels))
    return fit, held_out


def _draw(labels: Labels, k: int, seed: int) -> Labels:
    """Draw the positions of k images per class."""
    random = np.random.default_rng(seed)
    return np.concatenate(
        [random.permutation(np.flatnonzero(labels == label))[:k] for label in np.unique(labels)]
    )


def _accuracy(c: float, rows: Rows, labels: Labels, test: Rows, test_labels: Labels) -> float:
    model = LogisticRegression(C=c, max_iter=ITERATIONS).fit(rows, labels)
    margins = model.decision_function(test)
    if margins.ndim == 1:  # with two classes, the second one's margin alone
        margins = np.stack([-margins, margins], axis=1)
    # A label that was not fitted has no column, and is never right.
    columns = np.searchsorted(model.classes_, test_labels).clip(max=len(model.classes_) - 1)
    known = model.classes_[columns] == test_labels
    gt_labels = torch.from_numpy(np.where(known, columns, NOT_FITTED))
    return top1_accuracy(torch.from_numpy(margins), gt_labels)
