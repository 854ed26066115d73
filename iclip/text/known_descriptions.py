"""Descriptions for words that a user gives, from a table that knows them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from iclip.text.class_texts import ClassText, ClassTexts
from iclip.text.same_words import normalized


def with_known_descriptions(texts: ClassTexts, known: Iterable[ClassText]) -> ClassTexts:
    """Describe words as a table does that has a class of the name.

    A word stays as it is if it has a description, or if the table has no class of the name or
    several: which of them is meant is not known. The usual name of a class counts before its other
    names.

    Args:
        texts: The words.
        known: The table, such as the one that a pre-training has read.
    """
    known = tuple(known)
    usual = _by_name((text.names[0], text) for text in known)
    others = _by_name((name, text) for text in known for name in text.names[1:])
    return ClassTexts(_described(text, usual, others) for text in texts)


def _described(
    text: ClassText, usual: Mapping[str, list[ClassText]], others: Mapping[str, list[ClassText]]
) -> ClassText:
    name = normalized(text.names[0])
    found = usual.get(name) or others.get(name) or []
    if text.description or len({entry.description for entry in found}) != 1:
        return text
    return replace(text, description=found[0].description)


def _by_name(named: Iterable[tuple[str, ClassText]]) -> dict[str, list[ClassText]]:
    found: dict[str, list[ClassText]] = {}
    for name, text in named:
        found.setdefault(normalized(name), []).append(text)
    return found
