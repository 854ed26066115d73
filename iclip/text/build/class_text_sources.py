"""Where class texts come from: WordNet ids, an LVIS annotation file, or a table written by hand.

Every source answers with `CollectedTexts`: the texts, and the names of what was asked for and is
not among them. An entry that is repeated word for word is kept once and reported; one that is
repeated with another text is an error.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from iclip.data_summary import Omission, omissions
from iclip.files.images import LeftOut, class_entries
from iclip.files.tables import TableFile
from iclip.files.text import open_text, read_text
from iclip.messages import listing
from iclip.text.class_texts import ClassText, duplicates

_COLUMNS = ("id", "name", "description")


@dataclass(frozen=True)
class CollectedTexts:
    """Class texts with unique ids, and what did not become one.

    Attributes:
        texts: In the order of the class indices.
        missing: Entries that the dictionary does not know.
        repeated: Ids that the source names more than once.
        left_out: What lies beside the classes and is not one, by kind.
    """

    texts: tuple[ClassText, ...]
    missing: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class Dictionary(Protocol):
    """What `from_wnids` needs of `iclip.text.build.wordnet.WordNet`."""

    def find(self, wnid: str) -> ClassText | None:
        """Name and describe a synset, or answer ``None``."""


def from_wnids(path: str | os.PathLike[str], dictionary: Dictionary) -> CollectedTexts:
    """Collect the texts of ImageNet-style WordNet ids.

    Args:
        path: ImageNet's folder with a folder per wnid, ImageNet-21K's with a ``<wnid>.tar`` per
            wnid (both in sorted order, which is the order of their labels), or a text file with a
            wnid at the start of each line (in the file's order).
        dictionary: WordNet.

    Raises:
        FileNotFoundError: There is neither a folder nor a file.
        ValueError: Nothing in it is a WordNet id.
    """
    path = Path(path)
    entries, left_out = read_wnids(path)
    found = {entry: dictionary.find(entry) for entry in entries}
    texts = tuple(text for text in found.values() if text is not None)
    missing = tuple(entry for entry, text in found.items() if text is None)
    if not texts:
        raise ValueError(
            f"--wnids {path}: none of its {len(found)} entries is an id of WordNet 3.0 "
            f"({listing(missing, limit=3)}). Give a folder with a folder or tar file per wnid, "
            "such as n01440764 or n01440764.tar, or a text file with a wnid per line"
        )
    others = tuple(str(omission) for omission in left_out)
    return CollectedTexts(texts, missing, tuple(duplicates(entries)), others)


def read_wnids(path: Path) -> tuple[list[str], tuple[Omission, ...]]:
    """List the entries of a folder or file of wnids, whether or not WordNet knows them.

    Returns:
        The entries, a folder's by the rules by which training reads it, and what else is there.
    """
    if path.is_dir():
        left_out = LeftOut()
        folders, tars = class_entries(path, left_out)
        return sorted([*folders, *(Path(tar).stem for tar in tars)]), omissions(left_out)
    if path.is_file():
        with open_text(path) as file:
            return [line.split()[0] for line in file if line.strip()], ()
    raise FileNotFoundError(f"--wnids {path}: there is no such folder or file")


def from_lvis(path: str | os.PathLike[str]) -> CollectedTexts:
    """Collect the categories of an LVIS annotation file (v0.5 or v1), ordered by category id.

    The id of a text is the category id as a string (``"1203"``): annotations refer to it, and it is
    unique within a version. Names are the category's name and its other synonyms with blanks for
    underscores; a qualifier stays (``bat (animal)``). The description is LVIS's own ``def``.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no LVIS annotation file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"--lvis {path}: there is no such file")
    text = read_text(path)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"--lvis {path} is not a JSON file ({error})") from error
    categories = content.get("categories") if isinstance(content, dict) else None
    if not isinstance(categories, list) or not categories:
        raise ValueError(f"--lvis {path} holds no list `categories`: is it an annotation file?")
    incomplete = [
        _name_of(category, place) for place, category in enumerate(categories) if _lacks(category)
    ]
    if incomplete:
        raise ValueError(
            f"--lvis {path}: {len(incomplete)} of {len(categories)} categories lack one of `id` (a "
            f"number), `name`, `synonyms` (a list), `def` ({listing(incomplete)}). LVIS has them; "
            "COCO has not: write its categories into a table and use --csv"
        )
    return _merge_repeated(
        map(_from_lvis_category, sorted(categories, key=lambda category: category["id"])),
        f"--lvis {path}",
    )


def _lacks(category: Any) -> bool:
    """Whether a category is not one of LVIS's."""
    if not isinstance(category, dict):
        return True
    texts = [category.get("name"), category.get("def")]
    synonyms = category.get("synonyms")
    if not isinstance(category.get("id"), int) or not isinstance(synonyms, list):
        return True
    return not all(isinstance(text, str) for text in (*texts, *synonyms))


def _name_of(category: Any, place: int) -> str:
    named = category if isinstance(category, dict) else {}
    return str(named.get("name", named.get("id", f"the entry {place}")))


def _from_lvis_category(category: dict[str, Any]) -> ClassText:
    names = dict.fromkeys(
        name.replace("_", " ") for name in (category["name"], *category["synonyms"])
    )
    return ClassText(str(category["id"]), tuple(names), category["def"])


def from_csv(path: str | os.PathLike[str]) -> CollectedTexts:
    """Collect class texts written by hand: a table with the columns id, name, description.

    ``name`` may hold several synonyms between ``|``, the usual one first; ``description`` may be
    empty. The order is the file's. Commas, tabs or semicolons may separate the columns.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A column is missing, or a row does not fit or lacks its id or name (the message
            names the line).
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"--csv {path}: there is no such file")
    table = _opened(path)
    texts = [_from_csv_row(row, f"--csv {path}, line {number}") for number, row in table]
    if table.faults.total:
        raise ValueError(
            f"--csv {path} ({table.dialect}): {table.faults}. Each row has the three fields "
            "id,name,description; a text with a comma goes between double quotes"
        )
    if not texts:
        raise ValueError(f"--csv {path} holds no rows")
    return _merge_repeated(texts, f"--csv {path}")


def _opened(path: Path) -> TableFile:
    try:
        table = TableFile(path, _COLUMNS, required=("id", "name"), separator=None)
    except ValueError as error:
        raise ValueError(
            f"--csv: the first line must name the columns id,name,description: {error}"
        ) from error
    more = sorted(set(table.dialect.header) - set(_COLUMNS))
    if more:
        raise ValueError(
            f"--csv {path}: the first line must name the columns id,name,description only; there "
            f"is also {listing(more)}"
        )
    return table


def _from_csv_row(row: tuple[str, ...], place: str) -> ClassText:
    id, name, description = row
    names = tuple(part.strip() for part in name.split("|"))
    if not all(names):
        raise ValueError(f"{place}: one of the names between | is empty")
    return ClassText(id.strip(), names, description.strip())


def _merge_repeated(texts: Iterable[ClassText], place: str) -> CollectedTexts:
    texts = tuple(texts)
    unique = tuple(dict.fromkeys(texts))
    contradictions = duplicates(text.id for text in unique)
    if contradictions:
        raise ValueError(
            f"{place}: {len(contradictions)} ids have several texts: {listing(contradictions)}"
        )
    return CollectedTexts(unique, repeated=tuple(duplicates(text.id for text in texts)))
