from pathlib import Path

import pytest

from iclip.own_data.images_by_class.columns import Columns, columns_of, first_rows


def table(folder: Path, *lines: str, name: str = "labels.csv", encoding: str = "utf-8") -> Path:
    (folder / name).write_text("\n".join(lines) + "\n", encoding=encoding)
    return folder / name


def columns(path: Path) -> Columns:
    start = first_rows(path)
    assert start is not None
    return columns_of(start)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["file,label", "a.jpg,cat"], Columns("file", "label", None)),
        (["label;picture", "cat;a.jpg"], Columns("picture", "label", None)),
        (["Image Name\tSpecies\tSplit", "a.PNG\tcat\tvalid"],
         Columns("Image Name", "Species", "Split")),
        (["path,width,label,class_name", "x/a.jpg,10,3,cat"], Columns("path", "class_name", None)),
        (["a.jpg,cat", "b.jpg,dog"], Columns("a.jpg", "cat", None)),
        (["a.jpg,7", "b.jpg,8"], Columns("a.jpg", "7", None)),
        (["a.jpg|cat|train", "b.jpg|dog|val"], Columns("a.jpg", "cat", "train")),
        (["sep=;", "file;label", '"a,b.jpg";cat'], Columns("file", "label", None)),
        (["id,breed", "000bec180eb18c7604dcecc8fe0dba07,boston_bull"],
         Columns("id", "breed", None)),
        (["filename, cat, dog", "a.jpg, 1, 0", "b.jpg, 0, 1"],
         Columns("filename", None, None, ("cat", "dog"))),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_columns_are_told_by_their_content(lines: list[str], expected: Columns, tmp_path: Path):
    assert columns(table(tmp_path, *lines)) == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_windows_encodings_are_read(encoding: str, tmp_path: Path):
    path = table(tmp_path, "file,label", "ä.jpg,Küche", encoding=encoding)
    assert columns(path) == Columns("file", "label", None)


@pytest.mark.parametrize(
    "lines",
    [
        ["name,price", "apple,3"],
        ["one column", "a.jpg"],
        ["file,label"],
        [""],
        ["step,loss", "1,2"],
    ],
    ids=str,
)
def test_tables_of_other_things_name_no_images(lines: list[str], tmp_path: Path):
    assert first_rows(table(tmp_path, *lines)) is None


def test_columns_that_could_hold_anything_are_an_error(tmp_path: Path):
    start = first_rows(table(tmp_path, "file,size,color", "a.jpg,3,red"))
    assert start is not None
    with pytest.raises(ValueError, match=r"3 columns \(file, size, color\), and none is known to"):
        columns_of(start)
