"""Where class texts come from: WordNet ids, an LVIS annotation file, or a table written by hand.

Every source answers with `Collected`: the texts, and the names of what was asked for and is not
among them. An entry that is repeated word for word is kept once and reported; one that is repeated
with another text is an error.
"""

import csv
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from iclip.messages import listing
from iclip.text.class_texts import ClassText, duplicates


@dataclass(frozen=True)
class Collected:
    """Class texts with unique ids, and what did not become one.

    Attributes:
        texts: In the order of the class indices.
        missing: Entries that the dictionary does not know.
        repeated: Ids that the source names more than once.
    """

    texts: tuple[ClassText, ...]
    missing: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


class Dictionary(Protocol):
    """What `from_wnids` needs of `iclip.text.wordnet.WordNet`."""

    def find(self, wnid: str) -> ClassText | None:
        """Name and describe a synset, or answer ``None``."""


def from_wnids(path: str | os.PathLike[str], dictionary: Dictionary) -> Collected:
    """Collect the texts of ImageNet-style WordNet ids.

    Args:
        path: ImageNet's folder with a folder a wnid, ImageNet-21K's with a ``<wnid>.tar`` a wnid
            (both in sorted order, which is the order of their labels), or a text file with a wnid
            at the start of each line (in the file's order).
        dictionary: WordNet.

    Raises:
        FileNotFoundError: There is neither a folder nor a file.
        ValueError: Nothing in it is a WordNet id.
    """
    path = Path(path)
    entries = read_wnids(path)
    found = {entry: dictionary.find(entry) for entry in entries}
    texts = tuple(text for text in found.values() if text is not None)
    missing = tuple(entry for entry, text in found.items() if text is None)
    if not texts:
        raise ValueError(
            f"--wnids {path}: none of its {len(found)} entries is an id of WordNet 3.0 "
            f"({listing(missing, limit=3)}). Give a folder with a folder or tar file a wnid, such "
            "as n01440764 or n01440764.tar, or a text file with a wnid a line."
        )
    return Collected(texts, missing, tuple(duplicates(entries)))


def read_wnids(path: Path) -> list[str]:
    """List the entries of a folder or file of wnids, whether or not WordNet knows them."""
    if path.is_dir():
        children = [child for child in path.iterdir() if not child.name.startswith(".")]
        folders = [child.name for child in children if child.is_dir()]
        archives = [child.stem for child in children if child.suffix == ".tar"]
        return sorted(folders + archives)
    if path.is_file():
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        return [line.split()[0] for line in lines if line.strip()]
    raise FileNotFoundError(f"--wnids {path}: there is no such folder or file.")


def from_lvis(path: str | os.PathLike[str]) -> Collected:
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
        raise FileNotFoundError(f"--lvis {path}: there is no such file.")
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"--lvis {path} is not a JSON file ({error}).") from error
    categories = content.get("categories") if isinstance(content, dict) else None
    if not isinstance(categories, list) or not categories:
        raise ValueError(f"--lvis {path} holds no list `categories`: is it an annotation file?")
    incomplete = [
        str(category.get("name", category.get("id")))
        for category in categories
        if not category.keys() >= {"id", "name", "synonyms", "def"}
    ]
    if incomplete:
        raise ValueError(
            f"--lvis {path}: {len(incomplete)} of {len(categories)} categories lack one of `id`, "
            f"`name`, `synonyms`, `def` ({listing(incomplete)}). LVIS has them; COCO has not."
        )
    return _merge_repeated(
        map(_from_lvis_category, sorted(categories, key=lambda category: category["id"])),
        f"--lvis {path}",
    )


def _from_lvis_category(category: dict[str, Any]) -> ClassText:
    names = dict.fromkeys(
        name.replace("_", " ") for name in (category["name"], *category["synonyms"])
    )
    return ClassText(str(category["id"]), tuple(names), category["def"])


def from_csv(path: str | os.PathLike[str]) -> Collected:
    """Collect class texts written by hand: a CSV file with the columns id, name, description.

    ``name`` may hold several synonyms between ``|``, the usual one first; ``description`` may be
    empty. The order is the file's.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A column is missing, or a row lacks its id or name (the message names the line).
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"--csv {path}: there is no such file.")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        columns = rows.fieldnames or []
        if sorted(columns) != ["description", "id", "name"]:
            raise ValueError(
                f"--csv {path}: the first line must name the columns id,name,description; "
                f"found {','.join(columns) or 'nothing'}."
            )
        texts = [_from_csv_row(row, f"--csv {path}, line {rows.line_num}") for row in rows]
    if not texts:
        raise ValueError(f"--csv {path} holds no rows.")
    return _merge_repeated(texts, f"--csv {path}")


def _from_csv_row(row: dict[str | None, Any], place: str) -> ClassText:
    if None in row or None in row.values():
        raise ValueError(
            f"{place}: expected the three fields id,name,description. A text with a comma goes "
            "between double quotes."
        )
    names = tuple(name.strip() for name in row["name"].split("|"))
    if not row["id"].strip() or not all(names):
        raise ValueError(f"{place}: the id, or a name, is empty.")
    return ClassText(row["id"].strip(), names, row["description"].strip())


def _merge_repeated(texts: Iterable[ClassText], place: str) -> Collected:
    texts = tuple(texts)
    unique = tuple(dict.fromkeys(texts))
    contradictions = duplicates(text.id for text in unique)
    if contradictions:
        raise ValueError(
            f"{place}: {len(contradictions)} ids have several texts: {listing(contradictions)}."
        )
    return Collected(unique, repeated=tuple(duplicates(text.id for text in texts)))
