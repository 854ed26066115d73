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
DECADES = (-6, 6)  # powers of ten between which C is searched
SHOTS = (1, 2, 4, 8, 16)  # images per class
VALIDATION = 0.2  # share of the training images that is held out to choose C
ITERATIONS = 1000  # of the solver, at most, as in CLIP's appendix

# A label that no prediction equals, not even `iclip.evaluation`'s NO_CLASS, which is -1.
NOT_FITTED = -2


def linear_probe(
    train: Rows, train_labels: Labels, test: Rows, test_labels: Labels, seed: int = 0
) -> dict[str, float]:
    """Fit on all labels; the regularization is chosen on a fifth of the training images.

    Args:
        train: Features of the training images, (N, D).
        train_labels: Their class indices, (N,).
        test: Features of the test images, (M, D).
        test_labels: Their class indices, (M,).
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
    """Fit on k images per class, drawn several times.

    Each draw holds out a fifth of the training images to choose the regularization, and takes the
    k images from the rest.

    Args:
        train: Features of the training images, (N, D).
        train_labels: Their class indices, (N,).
        test: Features of the test images, (M, D).
        test_labels: Their class indices, (M,).
        shots: The values of k.
        seeds: Number of draws for each k.

    Returns:
        By k, ``mean`` and ``spread`` (sample standard deviation) of top-1 over the draws, in
        percent, and ``top1`` of each draw. A k is left out if a class has too few images for it.
    """
    results: dict[int, dict[str, Any]] = {}
    for k in shots:
        found = []
        for seed in range(seeds):
            pool, held_out = _split(train_labels, seed)
            # The smallest class decides: with fewer than k images, no draw is fair to it.
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
    """Search C, the inverse of the regularization's strength, on a logarithmic scale.

    The first places are two decades apart. Then the step is halved around the best place again and
    again, down to an eighth of a decade.

    Args:
        accuracy: Returns the accuracy of a C on validation images.

    Returns:
        The best C (among equals, the strongest regularization) and its accuracy.
    """
    known: dict[float, float] = {}  # accuracy by the logarithm of C to the base 10
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
    """Fit on features (N, D), and return the top-1 accuracy on M test images, in percent."""
    model = LogisticRegression(C=c, max_iter=ITERATIONS).fit(rows, labels)
    margins = model.decision_function(test)  # M, classes that were fitted
    if margins.ndim == 1:  # with two classes, the second one's margin alone
        margins = np.stack([-margins, margins], axis=1)  # M -> M, 2
    # From labels to columns, (M,). A label that was not fitted has no column, and is never right.
    columns = np.searchsorted(model.classes_, test_labels).clip(max=len(model.classes_) - 1)
    known = model.classes_[columns] == test_labels
    gt_labels = torch.from_numpy(np.where(known, columns, NOT_FITTED))
    return top1_accuracy(torch.from_numpy(margins), gt_labels)
