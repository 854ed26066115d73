"""The class-text table: what the text encoder reads about each class.

A JSON-lines file with one class per line, in the order of the class indices. One such line, broken
up here to be read::

    {
        "id": "n01443537",
        "names": ["goldfish", "Carassius auratus"],
        "description": "small golden ...",
    }

``id`` is what the data set calls the class, ``names`` holds its synonyms, the usual one first, and
``description`` says what it is or looks like (it may be empty).
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, overload

from iclip.files.atomic import write_atomically
from iclip.files.storage import as_path, is_file
from iclip.files.text import is_unicode, open_text
from iclip.messages import listing

_KEYS = ("id", "names", "description")
_FORM = (
    'Each line is one class, {"id": ..., "names": [...], "description": ...}; '
    "`python tools/build_class_texts.py --csv FILE` makes the table from a CSV file"
)


@dataclass(frozen=True)
class ClassText:
    """One class: its id, its names (the usual one first) and its description (may be empty)."""

    id: str
    names: tuple[str, ...]
    description: str = ""


class ClassTexts(Sequence[ClassText]):
    """An ordered table of class texts with unique ids; a text's position is its class index.

    Raises:
        ValueError: Two entries share an id, or an entry has no id, no name or a blank name.
    """

    def __init__(self, texts: Iterable[ClassText]):
        self._texts = tuple(texts)
        self._positions = {text.id: position for position, text in enumerate(self._texts)}
        _raise_for(duplicates(self.ids), "class texts with the same id")
        nameless = [
            text.id
            for text in self._texts
            if not text.id.strip() or not text.names or not all(map(str.strip, text.names))
        ]
        _raise_for(nameless, "class texts with an empty id, no name or a blank name")

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids in the order of the class indices."""
        return tuple(text.id for text in self._texts)

    def index(self, id: str) -> int:  # type: ignore[override]
        """Return the class index of an id.

        Raises:
            ValueError: The table has no such id.
        """
        if id not in self._positions:
            raise ValueError(f"no class text has the id {id!r} (the table holds {len(self)} ids)")
        return self._positions[id]

    @overload
    def __getitem__(self, index: int) -> ClassText: ...
    @overload
    def __getitem__(self, index: slice) -> "ClassTexts": ...
    def __getitem__(self, index: int | slice) -> "ClassText | ClassTexts":
        if isinstance(index, slice):
            return ClassTexts(self._texts[index])
        return self._texts[index]

    def __len__(self) -> int:
        return len(self._texts)

    def __iter__(self) -> Iterator[ClassText]:
        return iter(self._texts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClassTexts) and self._texts == other._texts

    def __hash__(self) -> int:
        return hash(self._texts)

    def __repr__(self) -> str:
        return f"ClassTexts({len(self)} entries: {listing(self.ids, limit=3)})"


def read_class_texts(path: str | os.PathLike[str]) -> ClassTexts:
    """Read a class-text table.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A line is malformed (the message names it), or the table as a whole is invalid.
    """
    path = as_path(path)
    if not is_file(path):
        raise FileNotFoundError(
            f"there is no class-text table {path}. `python tools/build_class_texts.py` makes one"
        )
    with open_text(path) as file:
        texts = [_parse(line, f"{path}:{n}") for n, line in enumerate(file, 1) if line.strip()]
    if not texts:
        raise ValueError(f"the class-text table {path} is empty")
    try:
        return ClassTexts(texts)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def plain_class_texts(texts: Iterable[ClassText]) -> list[dict[str, Any]]:
    """Return class texts as plain values, as files of weights and JSON hold them."""
    return [asdict(text) | {"names": list(text.names)} for text in texts]


def class_texts_of(entries: Iterable[Mapping[str, Any]]) -> ClassTexts:
    """Return the class texts that :func:`plain_class_texts` made plain.

    Raises:
        ValueError: An entry has not the form of one.
    """
    try:
        return ClassTexts(
            ClassText(str(entry["id"]), tuple(map(str, entry["names"])), str(entry["description"]))
            for entry in entries
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no table of class texts: {type(error).__name__}: {error}") from error


def as_class_texts(class_texts: ClassTexts | str | os.PathLike[str]) -> ClassTexts:
    """Return a class-text table, which is read if its path is given; see `read_class_texts`."""
    return class_texts if isinstance(class_texts, ClassTexts) else read_class_texts(class_texts)


def write_class_texts(path: str | os.PathLike[str], texts: Iterable[ClassText]) -> None:
    """Write a class-text table; the file is replaced in one step, or not at all.

    Raises:
        ValueError: The texts are not a valid table (see `ClassTexts`).
    """
    entries = plain_class_texts(ClassTexts(texts))
    lines = [json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries]
    write_atomically(path, "".join(lines))


def duplicates(ids: Iterable[str]) -> list[str]:
    """List each id that occurs more than once, in the order of first occurrence."""
    return [id for id, count in Counter(ids).items() if count > 1]


def _raise_for(entries: Sequence[str], problem: str) -> None:
    if entries:
        raise ValueError(f"{len(entries)} {problem}: {listing([repr(entry) for entry in entries])}")


def _parse(line: str, place: str) -> ClassText:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{place}: not a JSON line ({error}). {_FORM}") from error
    if not isinstance(entry, dict):
        raise ValueError(f"{place}: expected an object with the keys {', '.join(_KEYS)}. {_FORM}")
    unknown = sorted(set(entry) - set(_KEYS))
    if unknown:
        raise ValueError(f"{place}: unknown keys {listing(unknown)} (known: {', '.join(_KEYS)})")
    id, names, description = entry.get("id"), entry.get("names"), entry.get("description", "")
    if not isinstance(id, str):
        quoted = f'; write "{id}" in quotes' if isinstance(id, int | float) else ""
        raise ValueError(f"{place}: `id` must be a string, found {id!r}{quoted}")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{place}: `names` of {id!r} must be a list of strings, found {names!r}")
    if not isinstance(description, str):
        raise ValueError(
            f"{place}: `description` of {id!r} must be a string, found {description!r}"
        )
    if not all(map(is_unicode, (id, description, *names))):
        raise ValueError(f"{place}: {id!r} holds half of a surrogate pair (\\ud800 to \\udfff)")
    return ClassText(id, tuple(names), description)
