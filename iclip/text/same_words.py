"""Whether two names are one class: those of a data set, and those of a class-text table."""

import unicodedata
from collections.abc import Sequence

from iclip.text.class_texts import ClassText, ClassTexts


def normalized(name: str) -> str:
    """Return a name's letters and digits in lower case: ``Faces_easy`` equals ``faces easy``."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def names_class(name: str, text: ClassText) -> bool:
    """Whether a data set's name of a class is the id or one of the names of a class text."""
    return normalized(name) in map(normalized, (text.id, *text.names))


def difference_in_order(names: Sequence[str], texts: ClassTexts) -> str:
    """Say where the classes of a data set and a class-text table part, for a message.

    Args:
        names: The data set's names, by label.
        texts: The table, whose order is to be that of the labels.

    Returns:
        A part of a sentence, such as ``label 3 is 'bus', and entry 4 of the table 'fox'``; empty if
        they are the same.
    """
    pairs = enumerate(zip(names, texts, strict=False))
    label = next((i for i, (name, text) in pairs if not names_class(name, text)), None)
    if label is not None:
        text = texts[label]
        return (
            f"label {label} is {names[label]!r}, and entry {label + 1} of the table "
            f"{text.names[0]!r} (id {text.id!r})"
        )
    if len(names) != len(texts):
        return f"the data have {len(names):,} classes, and the table {len(texts):,}"
    return ""
