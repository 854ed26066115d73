"""Tables as people have them: the oracle is csv or a plain split, whichever wrote the table."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from iclip.files import tables as module
from iclip.files.tables import TableFile

COLUMNS = ("filepath", "caption")
# What unquoted tables hold: each made a csv reader swallow or change rows.
QUOTES = ['"hello world" mug', '"the best day ever', 'a 12" ruler', '"unclosed', '"whole"', '12"']


def rows(content: str | bytes, folder: Path, name: str = "t.csv", **settings: Any) -> list[Any]:
    """The rows, after a check that none was left out."""
    table = written(content, folder, name, **settings)
    read = [values for _, values in table]
    assert not table.faults.counts
    return read


def written(content: str | bytes, folder: Path, name: str = "t.csv", **settings: Any) -> TableFile:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return TableFile(path, settings.pop("columns", COLUMNS), **settings)


def plain(separator: str, captions: Sequence[str], end: str = "\n") -> str:
    lines = [separator.join(COLUMNS)]
    lines += [f"{i}.jpg{separator}{caption}" for i, caption in enumerate(captions)]
    return end.join(lines) + end


def quoted(separator: str, captions: Sequence[str], **options: Any) -> str:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, **options)
    writer.writerow(COLUMNS)
    writer.writerows([f"{i}.jpg", caption] for i, caption in enumerate(captions))
    return file.getvalue()


@pytest.mark.parametrize("separator", list(",\t;|"))
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_unquoted_rows_are_the_lines(tmp_path: Path, separator: str, end: str) -> None:
    expected = [(f"{i}.jpg", caption) for i, caption in enumerate(QUOTES)]
    assert rows(plain(separator, QUOTES, end), tmp_path) == expected


@pytest.mark.parametrize("separator", list(",\t;|"))
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_quoted_rows_are_what_csv_wrote(
    tmp_path: Path, separator: str, quoting: Any, line_end: str
) -> None:
    captions = [*QUOTES, "two\nlines", "tab\there", "a, b; c | d", 'first,\n"second", third', "ü"]
    content = quoted(separator, captions, quoting=quoting, lineterminator=line_end)
    expected = [(f"{i}.jpg", caption) for i, caption in enumerate(captions)]
    assert rows(content, tmp_path) == expected


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.txt"])
@pytest.mark.parametrize("separator", list(",\t;|"))
def test_separator_is_told_from_the_header(tmp_path: Path, name: str, separator: str) -> None:
    assert rows(plain(separator, ["a b"]), tmp_path, name) == [("0.jpg", "a b")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings_are_told_by_their_mark(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    content = (mark + plain("\t", ["grüße", "日本"], "\r\n")).encode(encoding)
    assert rows(content, tmp_path) == [("0.jpg", "grüße"), ("1.jpg", "日本")]


def test_columns_may_come_in_any_order_among_others(tmp_path: Path) -> None:
    assert rows("caption,id,filepath\na,7,0.jpg\n", tmp_path) == [("0.jpg", "a")]


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"'])
def test_line_of_excel_names_the_separator(tmp_path: Path, line: str) -> None:
    content = f"{line}\r\nfilepath;caption\r\n0.jpg;a, b\r\n"
    assert rows(content, tmp_path) == [("0.jpg", "a, b")]


def test_blanks_after_the_separators_are_syntax_if_the_header_has_them(tmp_path: Path) -> None:
    content = 'filepath, caption\n0.jpg, "a, b"\n1.jpg, c\n'
    assert rows(content, tmp_path) == [("0.jpg", "a, b"), ("1.jpg", "c")]


def test_long_fields_are_read(tmp_path: Path) -> None:
    long = "x," * 100_000
    assert rows(quoted(",", [long]), tmp_path) == [("0.jpg", long)]


def test_line_numbers_are_the_file_s(tmp_path: Path) -> None:
    table = written('sep=,\nfilepath,caption\n0.jpg,a\n\n1.jpg,"b\nc, d"\n2.jpg,e\n', tmp_path)
    assert [number for number, _ in table] == [3, 6, 7]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("1.jpg,b,c", "1 row with more fields than the header (line 3)"),
        ("1.jpg", "1 row with fewer fields than the header (line 3)"),
        (",b", "1 row whose 'filepath' is blank (line 3)"),
        ("1.jpg,  ", "1 row whose 'caption' is blank (line 3)"),
        ("1.jpg,b\0", "1 row with a zero byte (line 3)"),
        ("1\0.jpg,b", "1 row with a zero byte (line 3)"),
    ],
)
@pytest.mark.parametrize("others", ["a", '"a, b"'])
def test_row_that_does_not_fit_is_a_fault_with_its_line(
    tmp_path: Path, row: str, fault: str, others: str
) -> None:
    # A zero byte at the start of a file means another encoding.
    long = "2.jpg,x\n" * 600
    content = f"filepath,caption\n0.jpg,{others}\n" if "\0" not in row else long
    if "\0" in row:
        content = "filepath,caption\n" + long
        fault = fault.replace("line 3", "line 602")
    table = written(content + row + "\n9.jpg,z\n", tmp_path)
    read = [values for _, values in table]
    assert read[-1] == ("9.jpg", "z")
    assert str(table.faults) == fault


@pytest.mark.parametrize("separator", list(",\t"))
def test_rows_inside_a_quote_that_is_not_closed_are_a_fault(tmp_path: Path, separator: str) -> None:
    content = plain(separator, ["a", '"never closed', "d", 'until a 12"', "e"])
    table = written(content, tmp_path, quoting="double")
    assert [values[1] for _, values in table] == ["a", "e"]
    assert str(table.faults) == (
        "1 row with other rows inside, as after a quote that is not closed (line 5)"
    )


def test_line_that_does_not_fit_keeps_no_quote_from_being_a_character(tmp_path: Path) -> None:
    content = plain("\t", ["a", "b\tc", '"never closed', "d", 'until a 12"', "e"])
    table = written(content, tmp_path)
    assert [values[1] for _, values in table] == ["a", '"never closed', "d", 'until a 12"', "e"]
    assert str(table.faults) == "1 row with more fields than the header (line 3)"


def test_column_may_be_blank_where_it_is_not_required(tmp_path: Path) -> None:
    assert rows("filepath,caption\n0.jpg,\n", tmp_path, required=["filepath"]) == [("0.jpg", "")]


@pytest.mark.parametrize(("quoting", "expected"), [("none", '"a"'), ("double", "a"), ("auto", "a")])
def test_quoting_may_be_said(tmp_path: Path, quoting: str, expected: str) -> None:
    content = 'filepath,caption\n0.jpg,"a"\n'
    assert rows(content, tmp_path, quoting=quoting) == [("0.jpg", expected)]


@pytest.mark.parametrize("settings", [{"quoting": "double"}, {}])
def test_quote_where_none_may_be_is_named_with_its_line(
    tmp_path: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a table so long that only its start decides.
    monkeypatch.setattr(module, "_PROBED_LINES", 2)
    table = written('filepath,caption\n0.jpg,"a"\n1.jpg,"b"\n2.jpg,"c" d\n', tmp_path, **settings)
    with pytest.raises(ValueError, match=r"t\.csv, line 4: .* say so with quoting='none'"):
        list(table)


@pytest.mark.parametrize(
    ("content", "settings", "message"),
    [
        ("a,b\n1,2\n", {}, r"no column 'filepath' and no column 'caption'.*\['a', 'b'\]"),
        ("", {}, "no column 'filepath' and no column 'caption'"),
        ("filepath,caption,filepath\n", {}, "names 1 column more than once: 'filepath'; its first"),
        ("filepath,caption\n", {"separator": ";"}, "split at ';'"),
        ("filepath,caption\n", {"separator": "||"}, r"separator='\|\|': give one character"),
        (
            "filepath,caption\n",
            {"quoting": "all"},
            "quoting='all': choose 'auto', 'double', 'none'",
        ),
    ],
)
def test_unusable_table_is_refused(
    tmp_path: Path, content: str, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        written(content, tmp_path, **settings)


def test_code_page_is_named_with_its_line(tmp_path: Path) -> None:
    table = written(plain(",", ["a"] * 5000 + ["grüße"]).encode("cp1252"), tmp_path, quoting="none")
    with pytest.raises(ValueError, match=r"t\.csv is not UTF-8: line 5002 .*Save it as UTF-8"):
        list(table)


def test_dialect_is_said(tmp_path: Path) -> None:
    dialects = [
        str(written(content, tmp_path).dialect)
        for content in (plain("\t", QUOTES), quoted(";", ["a; b"]))
    ]
    assert dialects == [
        "separated by a tab, double quotes are characters",
        "separated by a semicolon, double quotes quote fields",
    ]
