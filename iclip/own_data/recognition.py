"""Recognize the format of a data set, read it, and make it complete: train and val."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from iclip.messages import counted, listing, printable
from iclip.own_data.catalog import FORMATS, formats_of
from iclip.own_data.data_set import TEST, TRAIN, VAL, OwnData
from iclip.own_data.format import Format, ReadParts, option_of
from iclip.own_data.split import MAX_VAL, VAL_SHARE, draw_val

_SHOWN = 5
# Files that are looked at to say what lies in a folder that is not recognized.
_LOOKED_AT = 10_000


def recognize(root: Path, task: str, format: str | None = None) -> OwnData:
    """Recognize and read a data set of a user's own.

    Args:
        root: Its folder, or the file that describes it.
        task: One of :mod:`iclip.tasks`.
        format: Name of its format as ``--format`` takes it; None: the one whose signs are there.

    Raises:
        ValueError: No format's signs are there, or those of several; the files are not in that
            form; there is nothing to train on; validation has classes that training lacks. The
            message says what to do.
        OSError: A file cannot be read.
    """
    root = Path(root).absolute()
    if not root.exists():
        raise FileNotFoundError(f"there is no data set {root}: name its folder")
    chosen = _named(root, task, format) if format is not None else _with_signs(root, task)
    read = chosen.read(root, task)
    return _completed(read, root, task, chosen.NAME)


def _named(root: Path, task: str, name: str) -> Format:
    """Return the format that the user named.

    Raises:
        ValueError: The task has no such format, or nothing in the folder looks like it.
    """
    known = {option_of(entry.NAME): entry for entry in formats_of(task)}
    if option_of(name) not in known:
        raise ValueError(
            f"--format {name} is not a format of {task}: give one of {listing(sorted(known))}"
        )
    chosen = known[option_of(name)]
    if chosen.signs(root) is None:
        raise ValueError(
            f"--format {name}: {root} is not in this form, which has {chosen.LOOKS_FOR}. "
            f"There is {_contents(root)}"
        )
    return chosen


def _with_signs(root: Path, task: str) -> Format:
    """Return the one format whose signs are there.

    Raises:
        ValueError: There is none, or several.
    """
    signs = [(entry, entry.signs(root)) for entry in formats_of(task)]
    found = [(entry, sign) for entry, sign in signs if sign is not None]
    if len(found) == 1:
        return found[0][0]
    if found:
        seen = " and ".join(f"{entry.NAME} ({sign})" for entry, sign in found)
        options = " or ".join(f"--format {option_of(entry.NAME)}" for entry, _ in found)
        raise ValueError(f"{root} has the signs of {seen}: say which one with {options}")
    looked_for = "".join(f"\n  {e.NAME}: {e.LOOKS_FOR}" for e in formats_of(task))
    raise ValueError(
        f"{root} is not recognized as a data set of {task}. There is {_contents(root)}."
        f"{_other_tasks(root, task)} Looked for:{looked_for}"
    )


def _other_tasks(root: Path, task: str) -> str:
    """Say of which other tasks the data set may be."""
    others = {
        other: entry.NAME
        for entry in FORMATS
        for other in entry.TASKS
        if other != task and entry.signs(root) is not None
    }
    told = listing([f"{other} ({name})" for other, name in others.items()])
    return f" It looks like a data set of {told}." if told else ""


def _contents(root: Path) -> str:
    """Say what lies in a folder: its entries, and how many files of each suffix are below it."""
    if root.is_file():
        return f"a file that ends in {root.suffix or 'no suffix'}"
    entries = sorted(
        entry.name + "/" * entry.is_dir()
        for entry in os.scandir(root)
        if not entry.name.startswith(".")
    )
    if not entries:
        return "nothing in it"
    suffixes: Counter[str] = Counter()
    for _, _, files in os.walk(root):
        suffixes.update(os.path.splitext(file)[1].lower() or "no suffix" for file in files)
        if suffixes.total() > _LOOKED_AT:
            break
    told = [f"{count:,} {suffix}" for suffix, count in suffixes.most_common(_SHOWN)]
    more = "more than " if suffixes.total() > _LOOKED_AT else ""
    files_told = f"; {more}{counted(suffixes.total(), 'file')}" + (
        f": {', '.join(told)}" if told else ""
    )
    return printable(listing(entries, _SHOWN)) + files_told


def _completed(read: ReadParts, root: Path, task: str, name: str) -> OwnData:
    """Draw what is missing, and check that the parts fit each other.

    Raises:
        ValueError: There is nothing to train on, or validation has classes that training lacks.
    """
    notes = list(read.notes)
    parts: dict[str, Sequence[Any]] = {part: s for part, s in read.parts.items() if len(s)}
    empty = [part for part in read.parts if part not in parts]
    notes += [f"{part} is empty" for part in empty]
    if TRAIN not in parts:
        raise ValueError(
            f"{root} ({name}) has nothing to train on: its parts are "
            f"{listing(sorted(parts)) or 'empty'}. Name the training part train"
        )
    if VAL not in parts:
        parts[TRAIN], parts[VAL] = _drawn(parts[TRAIN], root, notes)
    ordered = {part: parts[part] for part in (TRAIN, VAL, TEST) if part in parts}
    notes += _classes_without_sample(read.classes, ordered, root)
    notes += _in_two_parts(ordered)
    return OwnData(
        task, name, root, read.classes, ordered, read.left_out, tuple(notes), read.class_details
    )


def _drawn(
    samples: Sequence[Any], root: Path, notes: list[str]
) -> tuple[Sequence[Any], Sequence[Any]]:
    """Divide the training samples into train and val."""
    things = samples[0].SAMPLES
    if len(samples) < 2:
        raise ValueError(
            f"{root} has a single sample: add {things}, so that there are some for training and "
            "others for validation"
        )
    folder = root if root.is_dir() else root.parent
    names = [Path(os.path.relpath(sample.file, folder)).as_posix() for sample in samples]
    drawn = draw_val(names, [sample.class_labels for sample in samples])
    train = [sample for sample, val in zip(samples, drawn, strict=True) if not val]
    val = [sample for sample, val in zip(samples, drawn, strict=True) if val]
    share = min(VAL_SHARE, MAX_VAL / len(samples))
    notes.append(
        f"val: there is none, so {len(val):,} of {len(samples):,} {things} of train were drawn for "
        f"it, by a hash of their names (about {share:.0%}); the same ones in every run"
    )
    return train, val


def _classes_without_sample(
    classes: Sequence[str], parts: Mapping[str, Sequence[Any]], root: Path
) -> list[str]:
    """Note classes that nothing is learned of.

    Raises:
        ValueError: Validation has some of them.
    """
    labels = {
        part: {label for sample in samples for label in sample.class_labels}
        for part, samples in parts.items()
    }
    if not labels[TRAIN]:
        return []  # masks, whose labels only decoding could tell
    unlearned = sorted(labels[VAL] - labels[TRAIN])
    if unlearned:
        named = listing([classes[label] for label in unlearned], _SHOWN)
        raise ValueError(
            f"{root}: val has {counted(len(unlearned), 'class', 'classes')} that train lacks "
            f"({printable(named)}): move samples of them to train, or take them out of val"
        )
    without = [name for label, name in enumerate(classes) if label not in labels[TRAIN]]
    if not without:
        return []
    named = printable(listing(without, _SHOWN))
    return [f"{counted(len(without), 'class', 'classes')} without a training sample: {named}"]


def _in_two_parts(parts: Mapping[str, Sequence[Any]]) -> list[str]:
    """Note files that are in train and in another part."""
    train = {os.path.realpath(sample.file) for sample in parts[TRAIN]}
    notes = []
    for part in (VAL, TEST):
        shared = [s.file for s in parts.get(part, ()) if os.path.realpath(s.file) in train]
        if shared:
            notes.append(
                f"{len(shared):,} of {len(parts[part]):,} files of {part} are in train, too "
                f"({printable(os.fspath(shared[0]))}): scores on training data say nothing about "
                "other data"
            )
    return notes
