"""The two folders of a probe: their classes, whether it can be fitted on them, and its result."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from iclip.messages import counted, listing
from iclip.results import FewShot, LinearProbe, Probe, SetResult, Unread, UnreadImages
from iclip.zeroshot.cached_embeddings import EmbeddedSet
from iclip.zeroshot.class_folders import LabelledSet, Labels, ListedClasses, classes_of
from iclip.zeroshot.probe import SHOTS, VALIDATION, few_shot, linear_probe


def probe_folders(train: Path, test: Path) -> tuple[list[str], tuple[LabelledSet, ...]]:
    """List both parts of a probe, each a folder or a tar per class.

    Returns:
        The classes of the training part, and the images of both parts, labelled by them.

    Raises:
        ValueError: There are fewer than two classes, or the test part has a class that the training
            part lacks.
    """
    trained, tested = _classes("--train", train), _classes("--test", test)
    if len(trained.names) < 2:
        raise ValueError(f"--train {train} should hold folders of two or more classes")
    labels = {name: label for label, name in enumerate(trained.names)}
    absent = [name for name in tested.names if name not in labels]
    if absent:
        raise ValueError(
            f"--test {test} has {counted(len(absent), 'class', 'classes')} of "
            f"{len(tested.names)} that --train {train} lacks: {listing(absent, 5)}. Add folders to "
            "--train, or leave these out of --test"
        )
    return trained.names, tuple(part.labelled(labels.__getitem__) for part in (trained, tested))


def evaluate_probe(
    found: Sequence[EmbeddedSet],
    labels: Sequence[Labels],
    classes: Sequence[str],
    seeds: int,
    folders: tuple[str, str] = ("train", "test"),
    shots: Sequence[int] = SHOTS,
) -> SetResult:
    """Fit on all labels and on a few.

    Args:
        found: Features of the training and of the test images.
        labels: Labels of these images.
        classes: Names by label.
        seeds: Number of draws per number of shots.
        folders: Folders of the training and of the test images, as the user wrote them.
        shots: Numbers of images per class of the few.

    Returns:
        Accuracies in percent, how they were measured, and how many of the images were read.
    """
    train, test = (embedded.embeds for embedded in found)
    probe = LinearProbe(**linear_probe(train, labels[0], test, labels[1]))
    drawn = few_shot(train, labels[0], test, labels[1], shots, seeds)
    found_shots = {k: FewShot(d["mean"], d["spread"], tuple(d["top1"])) for k, d in drawn.items()}
    name = folders[1]
    return SetResult(
        names=(name,),
        scores={
            f"{name}/linear_probe": probe.top1,
            **{f"{name}/{k}_shots": shot.mean for k, shot in found_shots.items()},
        },
        images=len(test),
        expected=len(test) + len(found[1].broken) + len(found[1].missing),
        split="test folder",
        unread=UnreadImages(Unread.of(found[1].broken), Unread.of(found[1].missing)),
        detail=Probe(
            train=folders[0],
            test=name,
            train_images=len(train),
            classes=len(np.unique(labels[0])),
            probe=probe,
            few_shot={str(k): shot for k, shot in found_shots.items()},
            shots_left_out=shots_left_out(labels[0], classes, found_shots, shots),
        ),
    )


def _classes(option: str, folder: Path) -> ListedClasses:
    try:
        return classes_of(folder)
    except ValueError as error:
        raise ValueError(f"{option} {error}") from error


def check_classes(
    train_labels: Labels, test_labels: Labels, classes: Sequence[str], train: str, test: str
) -> None:
    """Check that a probe can be fitted: it needs two images per class, one of them to hold out.

    Args:
        train_labels: Labels of the training images that could be read, (N,).
        test_labels: Labels of the test images, (M,).
        classes: Names by label.
        train: The training folder, as the user wrote it.
        test: The test folder, as the user wrote it.

    Raises:
        ValueError: Classes have too few images; the message names them.
    """
    counts = np.bincount(train_labels, minlength=len(classes))
    present = np.unique(test_labels)
    absent = [classes[label] for label in present if counts[label] == 0]
    if absent:
        raise ValueError(
            f"--train {train} has no image of {counted(len(absent), 'class', 'classes')} that "
            f"--test {test} has: {listing(absent, 5)}. Add images, or leave these out"
        )
    single = [classes[label] for label in np.flatnonzero(counts == 1)]
    if single:
        raise ValueError(
            f"--train {train}: {counted(len(single), 'class', 'classes')} with one image only: "
            f"{listing(single, 5)}. A fifth of the images is held out to choose the "
            "regularization: give two or more of each class, or leave the folders out of --train "
            "and --test"
        )
    if np.count_nonzero(counts) < 2:
        raise ValueError(f"--train {train} has images of fewer than two classes")
    # scikit-learn splits the classes evenly only if each part can hold an image of every class. It
    # rounds the fifth up, so `needed` are held out of 5 * needed - 4 images or more.
    held_out = int(np.ceil(VALIDATION * len(train_labels)))
    needed = int(np.count_nonzero(counts))
    if held_out < needed or len(train_labels) - held_out < needed:
        raise ValueError(
            f"--train {train} has {counted(len(train_labels), 'image')} of {needed} classes: a "
            f"fifth of them, {held_out}, is held out, and has to hold an image of each class. Give "
            f"{needed * 5 - 4} images or more"
        )


def shots_left_out(
    train_labels: Labels, classes: Sequence[str], done: Iterable[int], shots: Sequence[int] = SHOTS
) -> str:
    """Say which numbers of shots were left out, and which class has too few images; may be empty.

    Args:
        train_labels: Labels of the training images, (N,).
        classes: Names by label.
        done: Numbers of shots that were measured.
        shots: Numbers of shots that were asked for.
    """
    left_out = [k for k in shots if k not in set(done)]
    if not left_out:
        return ""
    counts = np.bincount(train_labels, minlength=len(classes))
    fewest = min(np.unique(train_labels), key=lambda label: counts[label])
    return (
        f"left out: {listing([str(k) for k in left_out])} images per class. {classes[fewest]} has "
        f"{counted(int(counts[fewest]), 'image')}, of which a fifth is held out"
    )
