"""The labels of lists of videos: numbers or names, with or without a list of the classes."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from iclip.messages import counted, listing
from iclip.own_data.class_folders import in_class_order
from iclip.own_data.masks.class_lists import ClassList, read_class_list
from iclip.own_data.remarks import Remarks

# In this order; UCF-101 calls its list classInd.
_LIST_NAMES = ("labels.txt", "classes.txt", "classInd.txt", "class_names.txt", "classes.json")


def read_labels(
    texts: Iterable[str], places: Sequence[Path], remarks: Remarks
) -> tuple[tuple[str, ...], Mapping[str, int]]:
    """Find out which classes labels stand for.

    Args:
        texts: The labels as written, of all videos.
        places: Folders in which a list of the classes may lie.
        remarks: Receives how the classes were found.

    Returns:
        Names of the classes, and the label of each text.

    Raises:
        OSError: A list cannot be read.
        ValueError: A text stands for no class of the list, or the list has a mistake.
    """
    written = set(texts)
    listed = _class_list(places)
    if listed is not None:
        return _by_list(written, listed, remarks)
    names, note = in_class_order(written)
    if note:
        remarks.note(note)
    if all(name.isdecimal() for name in names):
        remarks.note(
            f"the classes are called by their numbers, {listing(names, 3)}: no labels.txt beside "
            "the list names them"
        )
    return names, {name: label for label, name in enumerate(names)}


def _by_list(
    written: set[str], listed: ClassList, remarks: Remarks
) -> tuple[tuple[str, ...], Mapping[str, int]]:
    """Look labels up in a list: as names, or else as its numbers."""
    names = tuple(entry.name for entry in listed.classes)
    labels = {name: label for label, name in enumerate(names)}
    if not written <= labels.keys() and all(text.isdecimal() for text in written):
        numbers = {str(entry.value): label for label, entry in enumerate(listed.classes)}
        # "007" is 7.
        known = {text: text.lstrip("0") or "0" for text in written}
        labels = {text: numbers[plain] for text, plain in known.items() if plain in numbers}
    unknown = sorted(written - labels.keys())
    if unknown:
        raise ValueError(
            f"{listed.file} names {counted(len(names), 'class', 'classes')}, and the list of "
            f"videos has labels that are not among them: {listing(unknown, 5)}. Add them there, in "
            "the order of their numbers from 0, or correct the labels"
        )
    remarks.note(f"classes from {listed.file}, in its order")
    return names, labels


def _class_list(places: Sequence[Path]) -> ClassList | None:
    for place in places:
        for name in _LIST_NAMES:
            if (place / name).is_file():
                return read_class_list(place / name)
    return None
