"""Names of classes, matched with folders and tables by their words and not by their order."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from iclip.messages import counted, listing
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.text.same_words import normalized

_WNID = re.compile(r"n\d{8}")
_NUMBER = re.compile(r"\d+")


def match_names(wanted: Mapping[str, int], found: Iterable[str], where: str) -> dict[str, int]:
    """Match the names that were found with classes, whatever their case and punctuation.

    Args:
        wanted: Class indices by name; several names may have one index.
        found: Names of folders, or of a table's entries.
        where: Where they were found, for messages.

    Returns:
        Class indices by found name.

    Raises:
        ValueError: A name fits no class or several, or two names fit one class.
    """
    indices: dict[str, set[int]] = {}
    for name, index in wanted.items():
        indices.setdefault(normalized(name), set()).add(index)
    names = list(found)
    fits = {name: indices.get(normalized(name), set()) for name in names}
    unknown = [name for name, fit in fits.items() if not fit]
    if unknown:
        raise ValueError(
            f"{where}: {counted(len(unknown), 'name')} of {len(names)} that no class has: "
            f"{listing(unknown, 5)}; the classes are {listing(list(wanted), 5)}"
        )
    unclear = [name for name, fit in fits.items() if len(fit) > 1]
    if unclear:
        raise ValueError(f"{where}: several classes are called {listing(unclear, 5)}")
    matched = {name: next(iter(fit)) for name, fit in fits.items()}
    by_index: dict[int, list[str]] = {}
    for name, index in matched.items():
        by_index.setdefault(index, []).append(name)
    twice = [" and ".join(names) for names in by_index.values() if len(names) > 1]
    if twice:
        raise ValueError(f"{where}: two names for one class: {listing(twice, 5)}")
    return matched


def imagenet_labels(
    folders: Sequence[str], wnids: Sequence[str], names: Sequence[str], root: Path
) -> tuple[dict[str, int], str]:
    """Tell which class of ImageNet-1K each folder holds.

    Args:
        folders: Names of the folders: WordNet ids, numbers from 0 to 999, or the classes' names.
        wnids: WordNet ids in the order of the class indices.
        names: The classes' names in prompts, in the same order.
        root: Holds the folders.

    Returns:
        Class indices by folder, and how they were found, in words (may be empty).

    Raises:
        ValueError: Folders have other names, or numbers that are not exactly 0 to 999.
    """
    if all(_WNID.fullmatch(name) for name in folders):
        return match_names({wnid: i for i, wnid in enumerate(wnids)}, folders, f"{root}"), ""
    if all(_NUMBER.fullmatch(name) for name in folders):
        numbers = {name: int(name) for name in folders}
        if sorted(numbers.values()) != list(range(len(wnids))):
            raise ValueError(
                f"{root} has folders that are numbers, {listing(sorted(folders), 3)}, but not "
                f"exactly 0 to {len(wnids) - 1}: which class is which cannot be told. Name the "
                f"folders by WordNet id ({wnids[0]} is class 0)"
            )
        return numbers, f"folders 0 to {len(wnids) - 1} are taken as class indices, by number"
    matched = match_names({name: i for i, name in enumerate(names)}, folders, f"{root}")
    return matched, "folders are matched with the classes' names"


def texts_in_order_of(
    table: ClassTexts, wanted: Sequence[ClassText], where: str
) -> tuple[ClassTexts, str]:
    """Put a table's lines in the order of a data set's labels, by id or by name.

    Args:
        table: The user's table.
        wanted: The data set's own texts, in the order of the labels.
        where: The table's path, for messages.

    Returns:
        The texts in the labels' order, and how they were matched, in words.

    Raises:
        ValueError: The table has another number of lines, or its lines fit only some classes.
    """
    if len(table) != len(wanted):
        raise ValueError(f"{where} has {len(table)} classes; the data set has {len(wanted)}")
    ids = {text.id: text for text in table}
    # Ids that are numbers prove nothing: the table may count its classes in another order.
    if all(text.id in ids for text in wanted) and not _are_numbers(table.ids):
        return ClassTexts(ids[text.id] for text in wanted), "matched by id"
    # Without ids, a line is placed by its names; every class must get exactly one line.
    names = {normalized(name): i for i, text in enumerate(wanted) for name in text.names}
    fits = [_fitting(text, names) for text in table]
    if not any(fits):
        return table, (
            "none of its ids and names is the data set's: taken in the order of the labels"
        )
    unclear = [text.id for text, fit in zip(table, fits, strict=True) if len(fit) != 1]
    indices = [index for fit in fits for index in fit]
    if unclear or len(set(indices)) < len(wanted):
        raise ValueError(
            f"{where}: {counted(len(table) - len(unclear), 'line')} of {len(table)} name a class "
            f"of the data set, {listing(unclear, 5) or 'but some the same'} does not: give every "
            f"line an id or a first name out of {listing([t.names[0] for t in wanted], 3)}"
        )
    placed = dict(zip(indices, table, strict=True))
    return ClassTexts(placed[index] for index in range(len(wanted))), "matched by name"


def _fitting(text: ClassText, names: Mapping[str, int]) -> set[int]:
    """Return the classes that a line's id or first name fits or, if none, its other names."""
    first = {names[n] for n in map(normalized, (text.id, text.names[0])) if n in names}
    return first or {names[n] for n in map(normalized, text.names[1:]) if n in names}


def _are_numbers(ids: Sequence[str]) -> bool:
    return all(_NUMBER.fullmatch(name) for name in ids)
