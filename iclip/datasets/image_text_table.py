"""Image-text pairs from a table (CSV, TSV) of file names and captions."""

import csv
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine.logging import print_log

from iclip.datasets.data_root import existing_file, existing_folder
from iclip.datasets.source import ImageTransform, Sample, Source, Tokenizer, built_tokenizer
from iclip.datasets.string_table import StringTable
from iclip.registry import DATASETS


@DATASETS.register_module()
class ImageTextTable(Source):
    """Image-text pairs from a CSV or TSV file with one pair a row.

    Args:
        table: The file; its first row names the columns.
        image_transform: Callable, or its config: (encoded bytes, seed) -> uint8 (3, H, W).
        tokenizer: Callable, or its config: T texts -> ids (T, L).
        image_root: Folder that the file names are relative to; the table's own by default.
        filepath_column: Column of the image files.
        caption_column: Column of the captions.
        separator: Between the columns; by default a tab in ``*.tsv``, else a comma.
        without_text: What to do about rows without a caption: ``'error'``, or ``'skip'``, which
            reports their number.
        fraction: Share of the pairs to use, taken at even distances.

    Raises:
        FileNotFoundError: There is no such table.
        ValueError: It lacks a column, holds no pair, or rows without a file or a caption.
    """

    def __init__(
        self,
        table: str | os.PathLike[str],
        image_transform: ImageTransform | dict[str, Any],
        tokenizer: Tokenizer | dict[str, Any],
        image_root: str | os.PathLike[str] | None = None,
        filepath_column: str = "filepath",
        caption_column: str = "caption",
        separator: str | None = None,
        without_text: str = "error",
        fraction: float = 1.0,
    ) -> None:
        super().__init__(image_transform, fraction)
        if without_text not in ("error", "skip"):
            raise ValueError(f"without_text={without_text!r}: choose 'error' or 'skip'")
        self.tokenizer = built_tokenizer(tokenizer)
        path = existing_file("ImageTextTable(table=...)", table)
        self._root = (
            path.parent
            if image_root is None
            else existing_folder("ImageTextTable(image_root=...)", image_root)
        )
        if separator is None:
            separator = "\t" if path.suffix.lower() == ".tsv" else ","
        rows = _Rows(path, (filepath_column, caption_column), separator)
        # A pair's file name is entry 2 * i, its caption entry 2 * i + 1.
        self._strings = StringTable(string for row in rows for string in row)
        if rows.incomplete and without_text == "error":
            raise ValueError(
                f"{path}: {len(rows.incomplete)} rows have no {filepath_column!r} or no "
                f"{caption_column!r}; lines {', '.join(map(str, rows.incomplete[:10]))}"
                f"{', ...' if len(rows.incomplete) > 10 else ''}. Complete them, or leave them out "
                "with without_text='skip'"
            )
        if rows.incomplete:
            print_log(f"{path}: {len(rows.incomplete)} rows left out, incomplete", logger="current")
        if not self.stored_count:
            raise ValueError(f"{path} holds no pair")

    @property
    def stored_count(self) -> int:
        """Number of pairs in the table."""
        return len(self._strings) // 2

    def read(self, stored: int) -> tuple[bytes, Sample]:
        """Read a pair: the encoded image, and ``token_ids`` (L,)."""
        caption = self._strings[2 * stored + 1]
        return Path(self.describe(stored)).read_bytes(), {"token_ids": self.tokenizer([caption])[0]}

    def describe(self, stored: int) -> str:
        """Name a pair's image file."""
        return os.path.join(self._root, self._strings[2 * stored])


class _Rows:
    """The complete rows of a table; after iterating, `incomplete` lists the lines of the others."""

    def __init__(self, path: Path, columns: tuple[str, str], separator: str) -> None:
        self.path, self.columns, self.separator = path, columns, separator
        self.incomplete: list[int] = []

    def __iter__(self) -> Iterator[tuple[str, str]]:
        # By default a field of more than 128 KB ends the reading with an error.
        csv.field_size_limit(sys.maxsize)
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=self.separator)
            first, second = self._positions(next(reader, []))
            for row in reader:
                if len(row) <= max(first, second) or not row[first] or not row[second].strip():
                    self.incomplete.append(reader.line_num)
                else:
                    yield row[first], row[second]

    def _positions(self, header: list[str]) -> list[int]:
        missing = [column for column in self.columns if column not in header]
        if missing:
            raise ValueError(
                f"{self.path} has no column {' and no column '.join(map(repr, missing))}; its "
                f"first row, split at {self.separator!r}, is {header}. Name the columns with "
                "filepath_column and caption_column, what separates them with separator"
            )
        return [header.index(column) for column in self.columns]
