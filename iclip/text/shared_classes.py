"""Which classes of one table another table has as well: of new classes, those with labels."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from iclip.text.class_texts import ClassText

# WordNet's ids mean one synset in every table; other ids are a data set's own.
_WNID = re.compile(r"[nvars]\d{8}")


@dataclass(frozen=True)
class SharedClass:
    """A class that two tables have.

    Attributes:
        new: The class in the one table.
        known: The same in the other.
        by_id: Whether their ids say so; otherwise a name does, which may have several senses.
    """

    new: ClassText
    known: ClassText
    by_id: bool


def shared_classes(new: Iterable[ClassText], known: Iterable[ClassText]) -> list[SharedClass]:
    """Find the classes that are known: by id, or else by one of their names.

    Equal ids mean equal classes where they are WordNet's, or where a name is equal, too: numbers of
    two data sets mean different things. Names are compared without regard to case, underscores,
    hyphens and repeated blanks. Of several known classes with a name, the first counts.

    Args:
        new: Classes to look for.
        known: Classes to look among.

    Returns:
        The new classes that are known, in their order.
    """
    look_up = _LookUp(known)
    return [shared for text in new if (shared := look_up.find(text)) is not None]


def without(tested: Iterable[ClassText], trained: Iterable[ClassText]) -> list[ClassText]:
    """Return the tested classes that were not trained, by the rule of :func:`shared_classes`."""
    listed = list(tested)
    ids = {shared.new.id for shared in shared_classes(listed, trained)}
    return [text for text in listed if text.id not in ids]


def normalized(name: str) -> str:
    """Write a name as names are compared: ``Red_Fox`` as ``red fox``."""
    return " ".join(re.sub(r"[_\-\s]+", " ", name.casefold()).split())


class _LookUp:
    """Known classes by id and by each of their names."""

    def __init__(self, known: Iterable[ClassText]):
        self.by_id: dict[str, ClassText] = {}
        self.by_name: dict[str, ClassText] = {}
        for text in known:
            self.by_id[text.id] = text
            for name in _names(text):
                self.by_name.setdefault(name, text)

    def find(self, text: ClassText) -> SharedClass | None:
        """Find the class that is the same; None if none is known."""
        same = self.by_id.get(text.id)
        if same is not None and (_is_synset(text) or set(_names(text)) & set(_names(same))):
            return SharedClass(text, same, by_id=True)
        found = (self.by_name[name] for name in _names(text) if name in self.by_name)
        named = next(found, None)
        # Two synsets with an equal name are two senses of it.
        if named is None or (_is_synset(text) and _is_synset(named)):
            return None
        return SharedClass(text, named, by_id=False)


def _names(text: ClassText) -> list[str]:
    return [normalized(name) for name in text.names]


def _is_synset(text: ClassText) -> bool:
    return _WNID.fullmatch(text.id) is not None
