"""Class texts of LVIS's categories, from an annotation file."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from iclip.files.annotations import read_json
from iclip.messages import listing
from iclip.text.class_texts import ClassText
from iclip.text.sources.collected_texts import CollectedTexts, merge_repeated
from iclip.text.sources.wordnet import WordNet

# Groups of categories, by the number of images that show them.
FREQUENCIES = ("rare", "common", "frequent")


def from_lvis(path: str | os.PathLike[str]) -> CollectedTexts:
    """Collect the categories of an LVIS annotation file (v0.5 or v1), ordered by category id.

    The id of a text is the category id as a string (``"1203"``): annotations refer to it, and it is
    unique within a version. Names are the category's name and its other synonyms with blanks for
    underscores; a qualifier stays (``bat (animal)``). The description is LVIS's own ``def``.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not an LVIS annotation file.
    """
    path = Path(path)
    categories = _read_categories(path, "--lvis")
    return merge_repeated(map(_class_text, categories), f"--lvis {path}")


def lvis_synsets(path: str | os.PathLike[str], frequency: str, wordnet: WordNet) -> list[ClassText]:
    """Return the categories of one frequency, with WordNet's id as the id of each.

    A category whose synset WordNet 3.0 does not have keeps its own id.

    Args:
        path: An LVIS annotation file (v0.5 or v1).
        frequency: ``rare``, ``common`` or ``frequent``.
        wordnet: WordNet 3.0.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not an LVIS annotation file, or no category has this frequency.
    """
    path = Path(path)
    chosen = [
        category
        for category in _read_categories(path, "LVIS's annotations")
        if category.get("frequency") == frequency[0]  # annotations have the first letter
    ]
    if not chosen:
        raise ValueError(f"{path} has no category of the frequency {frequency!r}")
    texts = [_class_text(category) for category in chosen]
    wnids = [wordnet.wnid(str(category.get("synset"))) for category in chosen]
    return [
        text if wnid is None else replace(text, id=wnid)
        for text, wnid in zip(texts, wnids, strict=True)
    ]


def _read_categories(path: Path, setting: str) -> list[dict[str, Any]]:
    """Read and check the categories of an annotation file, ordered by id.

    Args:
        path: The file.
        setting: What names it, for the messages.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{setting} {path}: there is no such file")
    try:
        content = read_json(path)
    except ValueError as error:
        raise ValueError(f"{setting}: {error}") from error
    categories = content.get("categories") if isinstance(content, dict) else None
    if not isinstance(categories, list) or not categories:
        raise ValueError(f"{setting} {path} holds no list `categories`: is it an annotation file?")
    incomplete = [
        _name_of(category, place) for place, category in enumerate(categories) if _lacks(category)
    ]
    if incomplete:
        raise ValueError(
            f"{setting} {path}: {len(incomplete)} of {len(categories)} categories lack one of `id` "
            f"(a number), `name`, `synonyms` (a list), `def` ({listing(incomplete)}). LVIS has "
            "them; COCO has not: write its categories into a table and use --csv"
        )
    return sorted(categories, key=lambda category: category["id"])


def _lacks(category: Any) -> bool:
    """Whether a category lacks a key that LVIS's categories have, or has it with another type."""
    if not isinstance(category, dict):
        return True
    synonyms = category.get("synonyms")
    if not isinstance(category.get("id"), int) or not isinstance(synonyms, list):
        return True
    texts = (category.get("name"), category.get("def"), *synonyms)
    return not all(isinstance(text, str) for text in texts)


def _name_of(category: Any, place: int) -> str:
    named = category if isinstance(category, dict) else {}
    return str(named.get("name", named.get("id", f"the entry {place}")))


def _class_text(category: dict[str, Any]) -> ClassText:
    # The name is usually one of the synonyms, too.
    names = dict.fromkeys(
        name.replace("_", " ") for name in (category["name"], *category["synonyms"])
    )
    return ClassText(str(category["id"]), tuple(names), category["def"])
