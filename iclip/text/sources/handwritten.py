"""Class texts written by hand, in a CSV or TSV file."""

import os
from pathlib import Path

from iclip.files.tables import TableFile
from iclip.messages import listing
from iclip.text.class_texts import ClassText
from iclip.text.sources.collected_texts import CollectedTexts, merge_repeated

_COLUMNS = ("id", "name", "description")


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
    table = _open_table(path)
    texts = [_class_text(row, f"--csv {path}, line {number}") for number, row in table]
    if table.faults.total:
        raise ValueError(
            f"--csv {path} ({table.dialect}): {table.faults}. Each row has the three fields "
            "id,name,description; a text with a comma goes between double quotes"
        )
    if not texts:
        raise ValueError(f"--csv {path} holds no rows")
    return merge_repeated(texts, f"--csv {path}")


def _open_table(path: Path) -> TableFile:
    """Open a table that has the three columns and no other."""
    try:
        table = TableFile(path, _COLUMNS, required=("id", "name"))
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


def _class_text(row: tuple[str, ...], place: str) -> ClassText:
    id, name, description = row
    names = tuple(part.strip() for part in name.split("|"))
    if not all(names):
        raise ValueError(f"{place}: one of the names between | is empty")
    return ClassText(id.strip(), names, description.strip())
