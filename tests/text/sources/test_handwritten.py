from pathlib import Path

import pytest

from iclip.text.class_texts import ClassText
from iclip.text.sources.handwritten import from_csv


def write_csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "classes.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_csv_rows_keep_their_order_and_synonyms(tmp_path: Path) -> None:
    path = write_csv(tmp_path, 'id,name,description\nb,bee | bumblebee,"buzzes, stings"\na,ant,\n')
    assert from_csv(path).texts == (
        ClassText("b", ("bee", "bumblebee"), "buzzes, stings"),
        ClassText("a", ("ant",), ""),
    )


def test_csv_columns_may_come_in_any_order_and_from_a_spreadsheet(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "name,id,description\nant,a,small\n", encoding="utf-8-sig")
    assert from_csv(path).texts == (ClassText("a", ("ant",), "small"),)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", list(",;\t"))
def test_csv_of_a_spreadsheet_is_read(tmp_path: Path, encoding: str, separator: str) -> None:
    lines = [("id", "name", "description"), ("7", "käfer | bug", 'says "hi"'), ("8", "ant", "")]
    text = "".join(separator.join(line) + "\r\n" for line in lines)
    assert from_csv(write_csv(tmp_path, text, encoding)).texts == (
        ClassText("7", ("käfer", "bug"), 'says "hi"'),
        ClassText("8", ("ant",), ""),
    )


def test_csv_in_a_code_page_is_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "id,name,description\na,käfer,\n", "cp1252")
    with pytest.raises(ValueError, match=r"classes\.csv is not UTF-8: line 2 .* Save it as UTF-8"):
        from_csv(path)


def test_csv_duplicates_are_kept_once_and_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "id,name,description\na,ant,\nb,bee,\na,ant,\n")
    assert from_csv(path).repeated == ("a",)


def test_contradicting_csv_rows_are_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "id,name,description\na,ant,\na,ant,small\n")
    with pytest.raises(ValueError, match="1 ids have several texts: a"):
        from_csv(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must name the columns id,name,description: .*has no column 'id'.*is \\[\\]"),
        ("id,name\na,ant\n", "id,name,description: .*has no column 'description'; .*'name'\\]"),
        ("id,name,description,x\na,b,c,d\n", "id,name,description only; there is also x"),
        ("id,name,description\n", "holds no rows"),
        (
            "id,name,description\na,ant,small\nb,bee\n",
            r"1 row with fewer fields than the header \(line 3\)\. Each row",
        ),
        (
            "id,name,description\na,ant,small, quick\n",
            r"1 row with more fields than the header \(line 2\)\. Each row",
        ),
        ("id,name,description\n ,ant,small\n", r"1 row whose 'id' is blank \(line 2\)"),
        ("id,name,description\na,ant|,small\n", "line 2: one of the names between \\| is empty"),
    ],
)
def test_bad_csv_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        from_csv(write_csv(tmp_path, text))


def test_missing_csv_is_named_by_its_flag(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"--csv .*nowhere: there is no such file"):
        from_csv(tmp_path / "nowhere")
