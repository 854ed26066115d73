"""The rows of lists of videos, in each of their kinds."""

import re
from collections.abc import Sequence
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from iclip.files.tables import TableFile
from iclip.files.text import open_text, read_text
from iclip.files.videos import VIDEO_EXTENSIONS
from iclip.own_data.parts import part_of
from iclip.own_data.remarks import Remarks

_FILE_COLUMNS = ("file", "path", "video", "filename", "file_name", "video_path", "filepath")
_LABEL_COLUMNS = ("label", "class", "class_name", "category", "action")
_KINETICS = ("label", "youtube_id", "time_start", "time_end")
# A file's name ends in its extension, so that it and the label may hold blanks.
_LINE = re.compile(
    rf'"?(.+\.(?:{"|".join(sorted(VIDEO_EXTENSIONS))}))"?(?:\s*[,;\t]\s*|\s+)"?(\S.*?)"?',
    re.IGNORECASE,
)
_LOOKED_AT_LINES = 5


class ListKind(Enum):
    """How a list of videos is written."""

    LINES = "a line per video"
    TABLE = "a table with columns of files and labels"
    KINETICS = "Kinetics' table"


class VideoRow(NamedTuple):
    """A video of a list.

    Attributes:
        list: The list.
        name: The file as written; of Kinetics, the clip's name without extension.
        label: The label as written.
        part: The part, if the row says it.
        is_clip_name: Whether ``name`` is a clip's, which may lie in any folder.
    """

    list: Path
    name: str
    label: str
    part: str | None = None
    is_clip_name: bool = False


def kind_of_list(file: Path) -> ListKind | None:
    """Tell from its first lines how a list is written; None if it is not a list of videos."""
    try:
        with open_text(file) as lines:
            first = [line.strip() for line in islice(lines, _LOOKED_AT_LINES)]
    except (OSError, ValueError):
        return None
    first = [line for line in first if line]
    if not first:
        return None
    header = [name.strip().strip('"').lower() for name in re.split(r"[,;\t]", first[0])]
    if set(_KINETICS) <= set(header):
        return ListKind.KINETICS
    if set(_FILE_COLUMNS) & set(header) and set(_LABEL_COLUMNS) & set(header):
        return ListKind.TABLE
    return ListKind.LINES if all(map(_LINE.fullmatch, first)) else None


def read_rows(file: Path, kind: ListKind, remarks: Remarks) -> list[VideoRow]:
    """Read the rows of a list.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not text; or more rows do not fit than `Remarks` allows.
    """
    if kind is ListKind.LINES:
        return _lines(file, remarks)
    header = _header(file)
    wanted = _KINETICS if kind is ListKind.KINETICS else _file_and_label(header)
    has_part = "split" in map(str.lower, header)
    columns = [*wanted, *(["split"] if has_part else [])]
    written = {name.lower(): name for name in header}
    table = TableFile(file, [written[column] for column in columns])
    rows = []
    for _, values in table:
        by_column = dict(zip(columns, values, strict=True))
        part = part_of(by_column["split"]) if has_part else None
        label = by_column[wanted[0]] if kind is ListKind.KINETICS else by_column[wanted[1]]
        if kind is ListKind.KINETICS:
            rows.append(VideoRow(file, _clip_name(by_column, file), label.strip(), part, True))
        else:
            rows.append(VideoRow(file, by_column[wanted[0]].strip(), label.strip(), part))
    total = len(rows) + table.faults.total
    for fault, count in table.faults.counts.items():
        example = f"line {table.faults.lines[fault][0]} of {file.name}"
        remarks.leave_out(fault, [example] * count, total, "correct them")
    return rows


def _lines(file: Path, remarks: Remarks) -> list[VideoRow]:
    lines = [(n, line.strip()) for n, line in enumerate(read_text(file).split("\n"), 1)]
    lines = [(number, line) for number, line in lines if line]
    found = [(number, _LINE.fullmatch(line)) for number, line in lines]
    odd = [f"line {number} of {file.name}" for number, match in found if match is None]
    remarks.leave_out("lines without a label", odd, len(lines), "write `file label` per line")
    return [VideoRow(file, match[1], match[2]) for _, match in found if match is not None]


def _header(file: Path) -> list[str]:
    with open_text(file) as lines:
        first = next((line for line in lines if line.strip()), "")
    return [name.strip().strip('"') for name in re.split(r"[,;\t]", first.strip())]


def _file_and_label(header: Sequence[str]) -> tuple[str, str]:
    names = [name.lower() for name in header]
    file = next(name for name in _FILE_COLUMNS if name in names)
    return file, next(name for name in _LABEL_COLUMNS if name in names)


def _clip_name(row: dict[str, str], file: Path) -> str:
    """Name the clip of a row of Kinetics: ``<youtube_id>_<start>_<end>``, six digits each.

    Raises:
        ValueError: A time is not a number.
    """
    try:
        start, end = (int(float(row[column])) for column in ("time_start", "time_end"))
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{file}: a time of {row['youtube_id']} is not a number: {error}"
        ) from error
    return f"{row['youtube_id'].strip()}_{start:06d}_{end:06d}"
