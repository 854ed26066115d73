"""Class texts of names without definitions, as data sets of videos hand them out.

The descriptions stay empty. To give some, write the table as CSV
(:mod:`iclip.text.sources.handwritten`).
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from iclip.files.tables import TableFile
from iclip.files.text import open_text, read_text
from iclip.messages import listing
from iclip.text.class_texts import ClassText
from iclip.text.class_words import class_words
from iclip.text.sources.collected_texts import CollectedTexts

_KINETICS = ("label", "youtube_id")
_NUMBERED = re.compile(r"(\d+)\s+(\S.*)")


def from_names(path: str | os.PathLike[str]) -> CollectedTexts:
    """Collect class texts from names, in the order of the labels.

    Four forms are read: a folder with a folder per class, whose names are sorted; a name per line
    (``labels.txt``, mmaction's ``label_map_k400.txt``); a number and a name per line (UCF-101's
    ``classInd.txt``), ordered by the numbers; and the table of videos of Kinetics
    (``label,youtube_id,...``), whose names are sorted, as mmaction numbers them. The id of a text
    is the name as written, its name are the words of it.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds no name, one twice, or numbers that are not consecutive; or two names
            are the same words.
    """
    path = Path(path)
    names = _names(path)
    if not names:
        raise ValueError(f"--names {path} holds no name: write one per line")
    for what, texts in (("names", names), ("words", list(map(class_words, names)))):
        repeated = sorted({text for text in texts if texts.count(text) > 1})
        if repeated:
            raise ValueError(
                f"--names {path} has the same {what} for several classes: {listing(repeated, 5)}"
            )
    return CollectedTexts(tuple(ClassText(name, (class_words(name) or name,)) for name in names))


def _names(path: Path) -> list[str]:
    if path.is_dir():
        folders = (entry.name for entry in path.iterdir() if entry.is_dir())
        return sorted(name for name in folders if not name.startswith("."))
    if not path.is_file():
        raise FileNotFoundError(f"--names {path}: there is no such file")
    return _kinetics_labels(path) if _is_kinetics(path) else _lines(path)


def _is_kinetics(path: Path) -> bool:
    with open_text(path) as file:
        first = next((line for line in file if line.strip()), "")
    header = [field.strip().strip('"').lower() for field in re.split(r"[,;\t]", first.strip())]
    return set(_KINETICS) <= set(header)


def _kinetics_labels(path: Path) -> list[str]:
    """Return the sorted labels of Kinetics' table.

    Raises:
        ValueError: Rows do not fit the header.
    """
    table = TableFile(path, ("label",))
    labels = sorted({" ".join(label.split()) for _, (label,) in table})
    if table.faults.total:
        raise ValueError(f"--names {path} ({table.dialect}): {table.faults}")
    return labels


def _lines(path: Path) -> list[str]:
    """Return a name per line, in the order of the numbers before them if there are any."""
    lines = [" ".join(line.split()) for line in read_text(path).split("\n") if line.strip()]
    found = [_NUMBERED.fullmatch(line) for line in lines]
    numbered = [(int(match[1]), match[2]) for match in found if match is not None]
    if len(numbered) < len(lines) or not numbered:
        return lines
    return _in_order(numbered, path)


def _in_order(numbered: Sequence[tuple[int, str]], path: Path) -> list[str]:
    """Order names by their numbers.

    Raises:
        ValueError: The numbers do not run from 0 or 1 without a gap.
    """
    ordered = sorted(numbered)
    numbers = [number for number, _ in ordered]
    first = numbers[0]
    if first not in (0, 1) or numbers != list(range(first, first + len(numbers))):
        raise ValueError(
            f"--names {path}: the numbers before the names do not run from 0 or 1 without a gap "
            f"(they are {listing([str(number) for number in numbers], 5)})"
        )
    return [name for _, name in ordered]
