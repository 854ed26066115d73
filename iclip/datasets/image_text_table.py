"""Image-text pairs from a table (CSV, TSV) of file names and captions."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from iclip.data_summary import DataSummary
from iclip.datasets.readers.missing_data import existing_file, existing_image_root
from iclip.datasets.readers.string_table import StringTable
from iclip.datasets.sample_source import ImageTransform, Sample, SampleSource, built_tokenizer
from iclip.files.storage import join, parent, read_bytes
from iclip.files.tables import TableFile
from iclip.registry import DATASETS
from iclip.text.tokenizer_protocol import Tokenizer

_TABLE, _IMAGE_ROOT = "ImageTextTable(table=...)", "ImageTextTable(image_root=...)"


@DATASETS.register_module()
class ImageTextTable(SampleSource):
    """Image-text pairs from a CSV or TSV file with one pair per row.

    Args:
        table: The file, or its URL; its first row names the columns.
        image_transform: Callable, or its config: (encoded bytes, seed) -> uint8 (3, H, W).
        tokenizer: Callable, or its config: T texts -> ids (T, L).
        image_root: Folder that the file names are relative to, or its URL; the table's folder by
            default.
        filepath_column: Column of the image files, or of their URLs.
        caption_column: Column of the captions.
        separator: Character between the columns; by default, the one in the first row.
        quoting: What a double quote means: ``'double'``, ``'none'`` or ``'auto'``, see `TableFile`.
        without_text: What to do about rows that hold no pair (no file, no caption, or another
            number of fields than the header): ``'error'``, or ``'skip'``, which counts them.
        fraction: Share of the pairs to use, taken at even distances.

    Raises:
        FileNotFoundError: There is no such table.
        ValueError: The table lacks a column, holds no pair, or has rows without a pair; or a
            setting is outside its range.
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
        quoting: str = "auto",
        without_text: str = "error",
        fraction: float = 1.0,
    ) -> None:
        super().__init__(image_transform, fraction)
        if without_text not in ("error", "skip"):
            raise ValueError(f"without_text={without_text!r}: choose 'error' or 'skip'")
        self.tokenizer = built_tokenizer(tokenizer)
        path = existing_file(_TABLE, table)
        self._root = (
            parent(path) if image_root is None else existing_image_root(_IMAGE_ROOT, image_root)
        )
        rows = _open_table(path, (filepath_column, caption_column), separator, quoting)
        # A pair's file name is entry 2 * i, its caption entry 2 * i + 1.
        self._strings = StringTable(string for _, row in rows for string in row)
        if rows.faults.total and without_text == "error":
            raise ValueError(
                f"{path} ({rows.dialect}): {rows.faults}. Correct them, say what the table is like "
                "with separator and quoting, or leave such rows out with without_text='skip'"
            )
        if not self.stored_count:
            raise ValueError(
                f"{path} holds no pair{f': {rows.faults}' if rows.faults.total else ''}"
            )
        self._omissions = rows.faults.omissions()
        self._place, self._dialect = os.fspath(table), str(rows.dialect)

    @property
    def stored_count(self) -> int:
        """Number of pairs in the table."""
        return len(self._strings) // 2

    def read(self, stored: int) -> tuple[bytes, ...]:
        """Read a pair's encoded image."""
        return (read_bytes(self.sample_name(stored)),)

    def parts(self, stored: int, *text: bytes) -> Sample:
        """Return the caption's ``token_ids`` (L,)."""
        return {"token_ids": self.tokenizer([self._strings[2 * stored + 1]])[0]}

    def sample_name(self, stored: int) -> str:
        """Name a pair's image file."""
        return join(self._root, self._strings[2 * stored])

    def summary(self) -> DataSummary:
        """Say how many rows are pairs, and which rows are not."""
        return DataSummary(
            type(self).__name__,
            self._place,
            self.counted_samples("pairs"),
            self._omissions,
            (self._dialect,),
        )

    @classmethod
    def check_files(cls, settings: Mapping[str, Any]) -> None:
        """Look for the table, its columns and the images' folder."""
        path = existing_file(_TABLE, settings["table"])
        if settings.get("image_root") is not None:
            existing_image_root(_IMAGE_ROOT, settings["image_root"])
        columns = [settings.get(f"{name}_column", name) for name in ("filepath", "caption")]
        _open_table(path, columns, settings.get("separator"), settings.get("quoting", "auto"))


def _open_table(
    path: str | Path, columns: Sequence[str], separator: str | None, quoting: str
) -> TableFile:
    try:
        return TableFile(path, columns, separator=separator, quoting=quoting)
    except ValueError as error:
        raise ValueError(
            f"ImageTextTable: {error}. Settings: filepath_column={columns[0]!r}, "
            f"caption_column={columns[1]!r}, separator={separator!r} (None: as in the header)"
        ) from error
