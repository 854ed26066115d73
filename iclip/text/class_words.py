"""The words of a class's name as data sets spell it: joined, with underscores, or as they are."""

import re

# Between a small letter or a number and a capital; between an acronym and a word (``TVShow``).
_WITHIN = re.compile(r"(?<=[^\W_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def class_words(name: str) -> str:
    """Write a class's name as words: ``ApplyEyeMakeup`` and ``brush_hair`` as a person says them.

    A name that has blanks is words already (``massaging person's head``, ``playing Wii``) and keeps
    its capitals; of others, capitals begin words and are made small.

    Args:
        name: As the data set spells it.

    Returns:
        The words, with single blanks between them.
    """
    if " " in name.strip():
        return " ".join(name.split())
    return " ".join(_WITHIN.sub(" ", name).replace("_", " ").lower().split())
