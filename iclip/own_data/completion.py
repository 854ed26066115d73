"""Make a data set complete: a part for validation, and parts that fit each other."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from iclip.messages import counted, listing, printable
from iclip.own_data.data_set import PARTS, TEST, TRAIN, VAL, OwnData, Sample
from iclip.own_data.format import ReadParts
from iclip.own_data.split import MAX_VAL, VAL_SHARE, draw_val

_SHOWN = 5


def completed(
    read: ReadParts,
    root: Path,
    task: str,
    name: str,
    needs_train: bool = True,
    allow_unseen: bool = False,
) -> OwnData:
    """Draw what is missing, and check that the parts fit each other.

    Args:
        read: What the format's reader found.
        root: The folder or file that the user named.
        task: One of :mod:`iclip.tasks`.
        name: The format's name.
        needs_train: Whether it is to be trained on. Otherwise, a data set that has ``val`` or
            ``test`` stays as it is.
        allow_unseen: Whether validation may have classes that training lacks.

    Raises:
        ValueError: There is nothing to train on, or validation has classes that training lacks
            and may not.
    """
    notes = list(read.notes)
    parts: dict[str, Sequence[Sample]] = {
        part: read.parts[part] for part in PARTS if len(read.parts.get(part, ()))
    }
    notes += [f"{part} is empty" for part in read.parts if part not in parts]
    if TRAIN in parts and len(parts) > 1:
        notes += _in_two_parts(parts)
    if needs_train or not {VAL, TEST} & parts.keys():
        parts = _with_train_and_val(parts, f"{root} ({name})", root, notes)
        notes += _classes_without_sample(read.classes, parts, root, allow_unseen)
    return OwnData(
        task, name, root, read.classes, parts, read.left_out, tuple(notes), read.class_details
    )


def _with_train_and_val(
    parts: Mapping[str, Sequence[Sample]], place: str, root: Path, notes: list[str]
) -> dict[str, Sequence[Sample]]:
    """Return the parts, val drawn from train if there is none.

    Raises:
        ValueError: There is nothing to train on.
    """
    if TRAIN not in parts:
        raise ValueError(
            f"{place} has nothing to train on: its parts are {listing(sorted(parts)) or 'empty'}. "
            "Name the training part train"
        )
    if VAL in parts:
        return dict(parts)
    train, val = _drawn(parts[TRAIN], root, notes)
    return {TRAIN: train, VAL: val, **{part: s for part, s in parts.items() if part == TEST}}


def _drawn(
    samples: Sequence[Sample], root: Path, notes: list[str]
) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """Divide the training samples into train and val."""
    things = samples[0].SAMPLES
    names = [_name_below(root, sample.file) for sample in samples]
    drawn = draw_val(names, [sample.class_labels for sample in samples])
    if not drawn.any():
        raise ValueError(
            f"{root} has no part for validation, and each of its {things} is the only one of a "
            f"class: add {things}, so that some can be drawn"
        )
    train = [sample for sample, val in zip(samples, drawn, strict=True) if not val]
    val = [sample for sample, val in zip(samples, drawn, strict=True) if val]
    share = min(VAL_SHARE, MAX_VAL / len(samples))
    notes.append(
        f"val: there is none, so {len(val):,} of {len(samples):,} {things} of train were drawn for "
        f"it, by a hash of their names: about {share:.0%}, but none that is the only one of a class"
    )
    return train, val


def _name_below(root: Path, file: str | os.PathLike[str]) -> str:
    """Return a file's name relative to the data set, which may be moved."""
    path = os.fspath(file)
    folder = os.path.join(root if root.is_dir() else root.parent, "")
    # relpath takes many times as long, and there may be millions of files.
    name = path.removeprefix(folder) if path.startswith(folder) else os.path.relpath(path, folder)
    # The images of annotations/train.json lie beside that folder, whichever of them was named.
    return name.replace(os.sep, "/").lstrip("./")


def _classes_without_sample(
    classes: Sequence[str],
    parts: Mapping[str, Sequence[Sample]],
    root: Path,
    allow_unseen: bool,
) -> list[str]:
    """Note classes that nothing is learned of.

    Raises:
        ValueError: Validation has some of them, and may not.
    """
    labels = {
        part: {label for sample in samples for label in sample.class_labels}
        for part, samples in parts.items()
    }
    if not labels[TRAIN]:
        return []  # masks, whose labels only decoding could tell
    without = [name for label, name in enumerate(classes) if label not in labels[TRAIN]]
    told = _named("without a training sample", without)
    unseen = [classes[label] for label in sorted(labels[VAL] - labels[TRAIN])]
    if unseen and not allow_unseen:
        raise ValueError(
            f"{root}: val has {counted(len(unseen), 'class', 'classes')} that train lacks "
            f"({printable(listing(unseen, _SHOWN))}): move samples of them to train, take them out "
            "of val, or let them count with --allow-unseen-classes, though nothing is learned of "
            "them"
        )
    return told + _named("in val though train lacks them, which lowers every average", unseen)


def _named(what: str, classes: Sequence[str]) -> list[str]:
    """Return a note on some classes, if there are any."""
    if not classes:
        return []
    shown = printable(listing(classes, _SHOWN))
    return [f"{counted(len(classes), 'class', 'classes')} {what}: {shown}"]


def _in_two_parts(parts: Mapping[str, Sequence[Sample]]) -> list[str]:
    """Note files that are in train and in another part."""
    notes = []
    train = {os.path.realpath(sample.file) for sample in parts[TRAIN]}
    for part, samples in parts.items():
        shared = [s.file for s in samples if part != TRAIN and os.path.realpath(s.file) in train]
        if shared:
            notes.append(
                f"{len(shared):,} of {len(samples):,} files of {part} are in train, too "
                f"({printable(os.fspath(shared[0]))}): scores on training data say nothing about "
                "other data"
            )
    return notes
