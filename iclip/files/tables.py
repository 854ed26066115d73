"""Tables that users write (CSV, TSV): the content decides the dialect, and each row must fit it.

A row that does not fit the header is counted as a fault, with its line, and never repaired.
"""

import csv
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any, TextIO

from iclip.files.images import is_image_name
from iclip.files.row_faults import RowFaults
from iclip.files.storage import as_path
from iclip.files.text import open_text
from iclip.messages import counted

QUOTING = ("auto", "double", "none")
SEPARATORS = (",", "\t", ";", "|")
_SEPARATOR_NAMES = {"\t": "a tab", ",": "a comma", ";": "a semicolon", "|": "a bar"}
# A line above the header that tells Excel which separator the file has.
_EXCEL = re.compile(r'"?sep=(.)"?')
# In Python 3.10, csv refuses zero bytes; they are read as a character that no text has.
_ZERO = "\0" if sys.version_info >= (3, 11) else "\ufdd0"
# Number of lines that decide whether quotes are syntax. Later lines must comply.
_PROBED_LINES = 100_000


@dataclass(frozen=True)
class Dialect:
    """How a table is divided into fields.

    Attributes:
        separator: Separates the fields.
        quoted: Whether ``"`` around a field is syntax; otherwise it is a character of the text.
        padded: Whether blanks around a field are syntax.
        header: Names of the columns.
        first_row: Number of lines before the first row: the header's, and Excel's.
    """

    separator: str
    quoted: bool
    padded: bool
    header: tuple[str, ...]
    first_row: int

    def __str__(self) -> str:
        """``separated by a tab, double quotes are characters``."""
        name = _SEPARATOR_NAMES.get(self.separator, repr(self.separator))
        quotes = "quote fields" if self.quoted else "are characters"
        return f"separated by {name}, double quotes {quotes}"


class TableFile:
    """The rows of a table whose first line names the columns.

    Args:
        path: The file.
        columns: Columns to read.
        required: Columns that must not be blank; all by default.
        separator: Separates the fields. None: what separates the columns' names in the first line,
            or Excel's line ``sep=;`` above it.
        quoting: ``'double'``: a field may stand in double quotes; it may then hold separators and
            line ends, and quotes in it are doubled. ``'none'``: a quote is a character of the text.
            ``'auto'``: ``'double'`` if the first lines fit it, else ``'none'``.

    Attributes:
        dialect: How the table is divided into fields.
        faults: After an iteration, the rows that did not fit.

    Raises:
        ValueError: A setting is outside its range, or the file is not text, lacks a column or names
            one twice.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        columns: Sequence[str],
        required: Sequence[str] | None = None,
        separator: str | None = None,
        quoting: str = "auto",
    ) -> None:
        if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
            raise ValueError(f"separator={separator!r}: give one character, such as ',' or a tab")
        if quoting not in QUOTING:
            raise ValueError(f"quoting={quoting!r}: choose {', '.join(map(repr, QUOTING))}")
        self.path, self.columns = as_path(path), tuple(columns)
        self.faults = RowFaults()
        # By default, csv raises an error at a field of more than 128 KB.
        csv.field_size_limit(sys.maxsize)
        self.dialect = self._find_dialect(separator, quoting)
        self._places = [self.dialect.header.index(column) for column in self.columns]
        required = self.columns if required is None else required
        self._required_places = [self.dialect.header.index(column) for column in required]

    def __iter__(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield, for each row that fits, the number of its last line and its columns' values.

        Raises:
            ValueError: The file is not text, or a quote is misplaced; the message says at which
                line.
        """
        self.faults = RowFaults()
        fields_per_row = len(self.dialect.header)
        read = self._quoted_rows if self.dialect.quoted else self._plain_rows
        values_of, required_of = _getter(self._places), _getter(self._required_places)
        with open_text(self.path, newline="") as file:
            for _ in range(self.dialect.first_row):
                next(file, "")
            for number, fields in read(_readable(file)):
                if len(fields) != fields_per_row:
                    self._note_misfit(fields, number)
                    continue
                # A quick look for what may be wrong: there may be many millions of rows, and few
                # need the slow one.
                whole = "".join(fields)
                sound = all(map(str.strip, required_of(fields)))
                is_suspect = not sound or "\n" in whole or _ZERO in whole
                if is_suspect and (fault := self._fault(fields)):
                    self.faults.add(fault, number)
                else:
                    yield number, values_of(fields)

    def _plain_rows(self, file: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
        """Split lines at the separator: the number of each line, and its fields."""
        separator, padded = self.dialect.separator, self.dialect.padded
        for number, line in enumerate(file, self.dialect.first_row + 1):
            fields = line.rstrip("\r\n").split(separator)
            yield number, [field.strip() for field in fields] if padded else fields

    def _quoted_rows(self, file: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
        """Parse rows whose fields may stand in quotes: the number of the last line, the fields."""
        rows = _reader(file, self.dialect)
        try:
            for fields in rows:
                yield self.dialect.first_row + rows.line_num, fields
        except csv.Error as error:
            number = self.dialect.first_row + rows.line_num
            raise ValueError(
                f"{self.path}, line {number}: {error}. Where fields stand in double quotes, quotes "
                "inside are doubled and each is closed; if quotes are characters of the texts "
                "here, say so with quoting='none'"
            ) from error

    def _note_misfit(self, fields: Sequence[str], number: int) -> None:
        if len(fields) > len(self.dialect.header):
            self.faults.add(RowFaults.MORE_FIELDS, number)
        elif len(fields) < 2 and not "".join(fields).strip():  # not a fault
            self.faults.add_blank(number)
        else:
            self.faults.add(RowFaults.FEWER_FIELDS, number)

    def _fault(self, fields: Sequence[str]) -> str:
        """Return the kind of a row's fault; empty if it has none."""
        for place in self._required_places:
            if not fields[place].strip():
                return RowFaults.without(self.dialect.header[place])
        if any(_ZERO in fields[place] for place in self._places):
            return RowFaults.ZERO_BYTE
        for field in fields:
            if "\n" in field and _holds_rows(field, self.dialect, self._places[0]):
                return RowFaults.SEVERAL_ROWS
        return ""

    def _find_dialect(self, separator: str | None, quoting: str) -> Dialect:
        """Read the header and, for ``'auto'``, the lines that decide on the quotes."""
        with open_text(self.path, newline="") as file:
            line, first_row = next(file, ""), 1
            stated = excel_separator(line)
            if stated is not None:
                line, first_row = next(file, ""), 2
                separator = separator or stated
            separator, header = self._header(line, separator)
            padded = any(name != name.strip() for name in header)
            names = tuple(map(str.strip, header))
            dialect = Dialect(separator, quoting != "none", padded, names, first_row)
            first_place = names.index(self.columns[0])
            if quoting != "auto" or _quotes_are_syntax(file, dialect, first_place):
                return dialect
        return Dialect(separator, False, padded, names, first_row)

    def _header(self, line: str, separator: str | None) -> tuple[str, list[str]]:
        """Split the first line; if no separator is given, at one that yields all the columns."""
        expected = "\t" if os.fspath(self.path).lower().endswith(".tsv") else ","
        # The sort is stable: the expected separator comes first, and is the one in the message.
        candidates = [separator] if separator else sorted(SEPARATORS, key=lambda s: s != expected)
        headers = [(s, next(csv.reader([line], delimiter=s), [])) for s in candidates]
        chosen, header = next((entry for entry in headers if self._holds_all(entry[1])), headers[0])
        names = [name.strip() for name in header]
        missing = [column for column in self.columns if column not in names]
        if missing:
            raise ValueError(
                f"{self.path} has no column {' and no column '.join(map(repr, missing))}; its "
                f"first row, split at {chosen!r}, is {header}"
            )
        repeated = [column for column in self.columns if names.count(column) > 1]
        if repeated:
            raise ValueError(
                f"{self.path} names {counted(len(repeated), 'column')} more than once: "
                f"{', '.join(map(repr, repeated))}; its first row is {header}"
            )
        return chosen, header

    def _holds_all(self, header: Sequence[str]) -> bool:
        return {name.strip() for name in header} >= set(self.columns)


def excel_separator(line: str) -> str | None:
    """Return the separator that Excel states in a line above the header; None in other lines."""
    stated = _EXCEL.fullmatch(line.strip("\r\n"))
    return None if stated is None else stated[1]


def _quotes_are_syntax(file: TextIO, dialect: Dialect, first_place: int) -> bool:
    """Whether the next lines are well-formed with quotes, and no quoted field contains rows."""
    lines = list(islice(_readable(file), _PROBED_LINES))
    rows = _reader(lines, dialect)
    try:
        for fields in rows:
            if any("\n" in field and _holds_rows(field, dialect, first_place) for field in fields):
                return False
    except csv.Error:
        # The probe may end within a row.
        return rows.line_num == len(lines) == _PROBED_LINES
    return True


def _holds_rows(field: str, dialect: Dialect, first_place: int) -> bool:
    """Whether a line of a field, after the first, is a row by itself: then a quote is not closed.

    A text of several lines may hold commas. So if commas separate the fields, a line counts as a
    row only if its field at ``first_place``, that of the first column to read, names an image.
    """
    rows = [line.strip("\r").split(dialect.separator) for line in field.split("\n")[1:]]
    return any(
        len(fields) == len(dialect.header)
        and (dialect.separator != "," or is_image_name(fields[first_place]))
        for fields in rows
    )


def _reader(lines: Iterable[str], dialect: Dialect) -> Any:
    padded = dialect.padded
    return csv.reader(lines, delimiter=dialect.separator, skipinitialspace=padded, strict=True)


def _getter(places: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Make a function that takes the fields at some places, as a tuple even of one."""
    if len(places) == 1:
        return lambda fields: (fields[places[0]],)
    return itemgetter(*places)


def _readable(file: Iterable[str]) -> Iterable[str]:
    """Replace zero bytes, which csv may refuse."""
    return file if _ZERO == "\0" else (line.replace("\0", _ZERO) for line in file)
