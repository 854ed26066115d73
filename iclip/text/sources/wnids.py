"""Class texts of WordNet ids, which name the classes of ImageNet."""

import os
from pathlib import Path
from typing import Protocol

from iclip.data_summary import Omission, omissions
from iclip.files.images import LeftOut, class_entries
from iclip.files.text import open_text
from iclip.messages import listing
from iclip.text.class_texts import ClassText, duplicates
from iclip.text.sources.collected_texts import CollectedTexts


class Dictionary(Protocol):
    """A look-up of WordNet ids, such as `iclip.text.sources.wordnet.WordNet`."""

    def find(self, wnid: str) -> ClassText | None:
        """Name and describe a synset; None if there is no such id."""


def from_wnids(path: str | os.PathLike[str], dictionary: Dictionary) -> CollectedTexts:
    """Collect the texts of ImageNet-style WordNet ids.

    Args:
        path: ImageNet's folder with a folder per wnid, ImageNet-21K's with a ``<wnid>.tar`` per
            wnid (both are sorted, which is the order of their labels), or a text file with a wnid
            at the start of each line (in the file's order).
        dictionary: WordNet.

    Raises:
        FileNotFoundError: There is no such folder or file.
        ValueError: It holds no WordNet id.
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
        The entries (of a folder, what training takes for classes) and what else lies there.
    """
    if path.is_dir():
        left_out = LeftOut()
        return sorted(class_entries(path, left_out).classes), omissions(left_out)
    if path.is_file():
        with open_text(path) as file:
            return [line.split()[0] for line in file if line.strip()], ()
    raise FileNotFoundError(f"--wnids {path}: there is no such folder or file")
