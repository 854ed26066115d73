"""Groups of an annotation file's categories, as configs name them."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from iclip.files.coco import category_name
from iclip.files.storage import as_path, is_file
from iclip.files.text import read_text
from iclip.messages import listing
from iclip.text.class_texts import read_class_texts

Group = str | os.PathLike[str] | Sequence[int | str] | Mapping[str, Any]
"""A class-text table (``.jsonl``), a text file with a name per line, a list of category ids (whole
numbers) or names (texts), or ``dict(frequency=...)`` with LVIS's letters, such as ``"fc"``."""

_FREQUENCY = "frequency"


def labels_of_group(
    group: Group, categories: Sequence[Mapping[str, Any]], setting: str
) -> tuple[int, ...]:
    """Find the categories of a group.

    Names are compared without regard to case and to blanks written as underscores, as LVIS's names
    and its class texts differ. A class text is the category of its usual name, or else of its id.

    Args:
        group: The group.
        categories: The categories of an annotation file.
        setting: The setting that holds the group, for messages.

    Returns:
        Positions among ``categories``, ascending.

    Raises:
        FileNotFoundError: The group names a file that is not there.
        ValueError: The group is empty or malformed, or names what is not a category.
    """
    if isinstance(group, Mapping):
        return _of_frequency(group, categories, setting)
    known: dict[int | str, int] = {}
    for label, category in enumerate(categories):
        known.setdefault(comparable_name(category_name(category)), label)
        known.setdefault(category["id"], label)
    members = _members(group, setting)
    found = [next((known[key] for key in keys if key in known), None) for keys in members]
    unknown = [str(keys[0]) for keys, label in zip(members, found, strict=True) if label is None]
    if unknown or not members:
        told = f"names {len(unknown)} that are not: {listing(unknown)}" if unknown else "names none"
        raise ValueError(
            f"{setting}={_short(group)} is of categories of the annotation file, such as "
            f"{listing(list(map(category_name, categories)), 3)}, and {told}"
        )
    return tuple(sorted({label for label in found if label is not None}))


def named_groups(
    groups: Mapping[str, Group] | None, categories: Sequence[Mapping[str, Any]]
) -> dict[str, tuple[int, ...]]:
    """Find the categories of a metric's setting ``groups``, by name; see :func:`labels_of_group`.

    Raises:
        FileNotFoundError: A group names a file that is not there.
        ValueError: ``groups`` is not a mapping, or one of them cannot be found.
    """
    if not isinstance(groups, Mapping | None):
        raise ValueError(f"groups={_short(groups)}: give dict(NAME=GROUP), a group by name")
    return {
        name: labels_of_group(group, categories, f"groups.{name}")
        for name, group in (groups or {}).items()
    }


def comparable_name(name: str) -> str:
    """Return a form of a name that is equal for all spellings of it."""
    return " ".join(name.replace("_", " ").casefold().split())


def _members(group: Any, setting: str) -> list[tuple[int | str, ...]]:
    """Return of each member what may find its category: a name in the one form, an id."""
    if isinstance(group, str | os.PathLike):
        path = as_path(group)
        if str(path).endswith(".jsonl"):
            return [
                (comparable_name(text.names[0]), *_as_id(text.id))
                for text in read_class_texts(path)
            ]
        if not is_file(path):
            raise FileNotFoundError(f"{setting}={str(group)!r}: there is no such file")
        return [(comparable_name(line),) for line in read_text(path).splitlines() if line.strip()]
    if not isinstance(group, Sequence) or not all(type(entry) in (int, str) for entry in group):
        raise ValueError(
            f"{setting}={_short(group)}: give a class-text table, a file of names, a list of "
            "category ids or names, or dict(frequency='fc')"
        )
    return [(comparable_name(entry) if isinstance(entry, str) else entry,) for entry in group]


def _as_id(text: str) -> tuple[int, ...]:
    """Return the category id that a class text's id states; nothing where it is another's."""
    return (int(text),) if text.isascii() and text.isdigit() else ()


def _of_frequency(
    group: Mapping[str, Any], categories: Sequence[Mapping[str, Any]], setting: str
) -> tuple[int, ...]:
    stated = {category.get(_FREQUENCY) for category in categories} - {None}
    letters = list(group.get(_FREQUENCY) or ())
    if set(group) != {_FREQUENCY} or not letters or not set(letters) <= stated:
        raise ValueError(
            f"{setting}={_short(group)}: the annotation file's categories have the frequencies "
            f"{listing(sorted(map(repr, stated))) or 'none'}; give dict(frequency='fc') with some "
            "of them"
        )
    return tuple(
        label for label, category in enumerate(categories) if category.get(_FREQUENCY) in letters
    )


def _short(group: Any) -> str:
    text = repr(str(group) if isinstance(group, os.PathLike) else group)
    return text if len(text) <= 100 else f"{text[:97]}..."
