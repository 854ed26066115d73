"""Logistic regression on kept image embeddings: on all labels, and on a few of each class."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit

from iclip.messages import counted, listing
from iclip.results import unread_images
from iclip.zeroshot.class_folders import LabelledPictures, folders_of, pictures_of_folders
from iclip.zeroshot.embeddings import Embedded
from iclip.zeroshot.metrics import top1

Rows = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

# CLIP's sweep (arXiv:2103.00020, appendix A.3): 96 steps over 12 decades, found by bisection.
STEPS_A_DECADE = 8
DECADES = (-6, 6)
SHOTS = (1, 2, 4, 8, 16)
VALIDATION = 0.2
ITERATIONS = 1000

# A label that no prediction equals, not even that of no class.
NOT_FITTED = -2


def probe_folders(train: Path, test: Path) -> tuple[list[str], tuple[LabelledPictures, ...]]:
    """List both parts of a probe, a folder per class.

    Returns:
        The classes of the training part, and the pictures of both, labelled by them.

    Raises:
        ValueError: There are fewer than two classes, or the test part has one that training lacks.
    """
    classes = _classes("--train", train)
    if len(classes) < 2:
        raise ValueError(f"--train {train} should hold folders of two or more classes")
    others = _classes("--test", test)
    absent = [name for name in others if name not in set(classes)]
    if absent:
        raise ValueError(
            f"--test {test} has {counted(len(absent), 'class', 'classes')} of {len(others)} that "
            f"--train {train} lacks: {listing(absent, 5)}. Add folders to --train, or leave these "
            "out of --test"
        )
    labels = {name: label for label, name in enumerate(classes)}
    parts = ((train, classes), (test, others))
    return classes, tuple(
        pictures_of_folders(root, names, labels.__getitem__) for root, names in parts
    )


def evaluate_probe(
    found: Sequence[Embedded], labels: Sequence[Labels], classes: Sequence[str], seeds: int
) -> dict[str, Any]:
    """Fit on all labels and on a few.

    Args:
        found: Features of the training and of the test images.
        labels: Of these images.
        classes: Names by label.
        seeds: Draws of each number of shots.

    Returns:
        The data set's entry of a result file.
    """
    train, test = (embedded.embeds for embedded in found)
    probe = linear_probe(train, labels[0], test, labels[1])
    shots = few_shot(train, labels[0], test, labels[1], seeds=seeds)
    total = len(test) + len(found[1].broken) + len(found[1].missing)
    return {
        "metric": "top-1",
        "value": probe["top1"],
        "split": "test folder",
        "protocol": None,
        "deviations": [],
        "images": len(test),
        "expected": total,
        "train_images": len(train),
        "classes": len(np.unique(labels[0])),
        "unread": unread_images(found[1].broken, found[1].missing),
        "probe": probe,
        "few_shot": {str(k): result for k, result in shots.items()},
        "shots_left_out": shots_left_out(labels[0], classes, shots),
    }


def _classes(option: str, folder: Path) -> list[str]:
    try:
        return folders_of(folder)
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from error


def check_classes(
    train_labels: Labels, test_labels: Labels, classes: Sequence[str], train: str, test: str
) -> None:
    """See that a probe can be fitted: of each class, one image to fit and one to hold out.

    Args:
        train_labels: Of the training images that could be read, (N,).
        test_labels: Of the test images, (M,).
        classes: Names by label.
        train: The training folder, as the user wrote it.
        test: The test folder.

    Raises:
        ValueError: Classes have too few images; names them.
    """
    counts = np.bincount(train_labels, minlength=len(classes))
    present = np.unique(test_labels)
    absent = [classes[label] for label in present if counts[label] == 0]
    if absent:
        raise ValueError(
            f"--train {train} has no image of {counted(len(absent), 'class', 'classes')} that "
            f"--test {test} has: {listing(absent, 5)}. Add images, or leave the folders out of --test"
        )
    single = [classes[label] for label in np.flatnonzero(counts == 1)]
    if single:
        raise ValueError(
            f"--train {train}: {counted(len(single), 'class', 'classes')} with one image only: "
            f"{listing(single, 5)}. A fifth of the images is held out to choose the "
            "regularisation: give two or more of each class, or leave the folders out of --train "
            "and --test"
        )
    if np.count_nonzero(counts) < 2:
        raise ValueError(f"--train {train} has images of fewer than two classes")
    held_out = int(np.ceil(VALIDATION * len(train_labels)))
    needed = int(np.count_nonzero(counts))
    if held_out < needed or len(train_labels) - held_out < needed:
        raise ValueError(
            f"--train {train} has {counted(len(train_labels), 'image')} of {needed} classes: a "
            f"fifth of them, {held_out}, is held out, and has to hold an image of each class. Give "
            f"{needed * 5 - 4} images or more"
        )


def linear_probe(
    train: Rows, train_labels: Labels, test: Rows, test_labels: Labels, seed: int = 0
) -> dict[str, float]:
    """Fit on all labels, the regularisation chosen on a fifth of the training images.

    Args:
        train: Embeddings, (N, D).
        train_labels: (N,)
        test: Embeddings, (M, D).
        test_labels: (M,)
        seed: Of the split, which keeps the classes' shares.

    Returns:
        ``top1`` on the test images and ``validation``, both in percent, and ``C``.
    """
    fit, held_out = _split(train_labels, seed)
    best = best_regularisation(
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
    """Fit on k images of each class, several draws; the regularisation as for the probe.

    Returns:
        For each k that every class of the training part can give: ``mean`` and ``spread`` (sample
        standard deviation) of top-1 over the draws, and ``top1`` of each. See
        :func:`shots_left_out` for the others.
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
            best = best_regularisation(
                lambda c, rows=rows, labels=labels, held_out=held_out: _accuracy(  # type: ignore[misc]
                    c, rows, labels, train[held_out], train_labels[held_out]
                )
            )
            found.append(_accuracy(best[0], rows, labels, test, test_labels))
        if len(found) == seeds:
            spread = statistics.stdev(found) if seeds > 1 else 0.0
            results[k] = {"mean": statistics.mean(found), "spread": spread, "top1": found}
    return results


def shots_left_out(
    train_labels: Labels, classes: Sequence[str], done: Iterable[int], shots: Sequence[int] = SHOTS
) -> str:
    """Say which numbers of shots were left out, and which class has too few images; may be empty.

    Args:
        train_labels: (N,)
        classes: Names by label.
        done: Numbers of shots that were measured.
        shots: That were asked for.
    """
    left = [k for k in shots if k not in set(done)]
    if not left:
        return ""
    counts = np.bincount(train_labels, minlength=len(classes))
    fewest = min(np.unique(train_labels), key=lambda label: counts[label])
    return (
        f"left out: {listing([str(k) for k in left])} images per class. {classes[fewest]} has "
        f"{counted(int(counts[fewest]), 'image')}, of which a fifth is held out"
    )


def best_regularisation(accuracy: Callable[[float], float]) -> tuple[float, float]:
    """Search the inverse strength C: every second decade first, then halves around the best.

    Args:
        accuracy: Of a C, on validation images.

    Returns:
        The best C (the strongest regularisation among equals) and its accuracy.
    """
    known: dict[float, float] = {}
    step = 2.0
    places = [float(place) for place in range(DECADES[0], DECADES[1] + 1, 2)]
    while True:
        known |= {place: accuracy(10**place) for place in places if place not in known}
        best = max(known, key=lambda place: (known[place], -place))
        step /= 2
        if step < 1 / STEPS_A_DECADE:
            return 10**best, known[best]
        places = [p for p in (best - step, best + step) if DECADES[0] <= p <= DECADES[1]]


def _split(labels: Labels, seed: int) -> tuple[Labels, Labels]:
    splitter = StratifiedShuffleSplit(n_splits=1, test_size=VALIDATION, random_state=seed)
    (fit, held_out) = next(splitter.split(labels, labels))
    return fit, held_out


def _draw(labels: Labels, k: int, seed: int) -> Labels:
    """Positions of k images of each class."""
    random = np.random.default_rng(seed)
    return np.concatenate(
        [random.permutation(np.flatnonzero(labels == label))[:k] for label in np.unique(labels)]
    )


def _accuracy(c: float, rows: Rows, labels: Labels, test: Rows, test_labels: Labels) -> float:
    model = LogisticRegression(C=c, max_iter=ITERATIONS).fit(rows, labels)
    margins = model.decision_function(test)
    if margins.ndim == 1:  # of two classes, that of the second
        margins = np.stack([-margins, margins], axis=1)
    # Labels that were not fitted have no column, and are never right.
    columns = np.searchsorted(model.classes_, test_labels).clip(max=len(model.classes_) - 1)
    known = model.classes_[columns] == test_labels
    return top1(margins, np.where(known, columns, NOT_FITTED))
