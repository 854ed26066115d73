import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from iclip.own_data import recognize
from iclip.own_data.images_by_class.table import read, signs
from iclip.tasks import CLASSIFICATION


def draw(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 7)).save(root / name)


def write(path: Path, *rows: str, encoding: str = "utf-8", newline: str = "\n") -> None:
    path.write_text(newline.join(rows) + newline, encoding=encoding, newline="")


def images_of(data, part: str) -> list[tuple[str, str]]:
    return [(os.path.basename(s.file), data.classes[s.label]) for s in data.parts[part]]


@pytest.mark.parametrize(
    ("encoding", "newline"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("utf-16", "\r\n")]
)
def test_parts_come_from_the_column_split(encoding: str, newline: str, tmp_path: Path):
    draw(tmp_path, "images/a b.jpg", "images/b.JPG", "images/c.png", "images/é.jpg")
    rows = ["file,label,split", '"a b.jpg",Käse,train', "b.JPG,Brot,train", "c.png,Brot,valid",
            "é.jpg,Käse,test"]  # fmt: skip
    write(tmp_path / "labels.csv", *rows, encoding=encoding, newline=newline)
    data = recognize(tmp_path, CLASSIFICATION)
    assert data.format == "CSV" and data.classes == ("Brot", "Käse")
    assert images_of(data, "train") == [("a b.jpg", "Käse"), ("b.JPG", "Brot")]
    assert images_of(data, "val") == [("c.png", "Brot")]
    assert images_of(data, "test") == [("é.jpg", "Käse")]


def test_a_table_per_part(tmp_path: Path):
    draw(tmp_path, "1.jpg", "2.jpg", "3.jpg")
    write(tmp_path / "train.csv", "1.jpg,cat", "2.jpg,dog")
    write(tmp_path / "val.csv", "3.jpg,dog")
    data = recognize(tmp_path, CLASSIFICATION)
    assert images_of(data, "train") == [("1.jpg", "cat"), ("2.jpg", "dog")]
    assert images_of(data, "val") == [("3.jpg", "dog")]
    assert any("no header, files in column" in note for note in data.notes)


def test_the_table_itself_may_be_named(tmp_path: Path):
    draw(tmp_path, *(f"{i}.jpg" for i in range(6)))
    write(tmp_path / "a.tsv", "file\tlabel", *(f"{i}.jpg\t{i % 2}" for i in range(6)))
    write(tmp_path / "b.csv", "file,label", "0.jpg,cat")
    data = recognize(tmp_path / "a.tsv", CLASSIFICATION)
    assert data.classes == ("0", "1")
    assert len(data.parts["train"]) + len(data.parts["val"]) == 6


def test_numbers_as_labels_are_sorted_as_numbers(tmp_path: Path):
    draw(tmp_path, *(f"{i}.jpg" for i in range(12)))
    write(tmp_path / "a.csv", "file,label", *(f"{i}.jpg,{i}" for i in range(12)))
    found = read(tmp_path, CLASSIFICATION)
    assert found.classes == tuple(map(str, range(12)))
    assert any("sorted as such, from 0 to 11" in note for note in found.notes)


def test_kaggle_s_ids_become_files(tmp_path: Path):
    draw(tmp_path, "train/00a.jpg", "train/00b.jpg")
    write(tmp_path / "labels.csv", "id,breed", "00a,boxer", "00b,pug")
    assert "whose column 'id' names images" in str(signs(tmp_path))
    found = read(tmp_path, CLASSIFICATION)
    assert [(s.file, s.label) for s in found.parts["train"]] == [
        (str(tmp_path / "train/00a.jpg"), 0), (str(tmp_path / "train/00b.jpg"), 1),
    ]  # fmt: skip


def test_roboflow_s_column_per_class_is_read_where_one_applies(tmp_path: Path):
    draw(tmp_path, *(f"{i}.jpg" for i in range(20)))
    flags = ["1, 0", "0, 1"] * 9 + ["1, 1", "1, 0"]
    rows = ["filename, cat, dog", *(f"{i}.jpg, {flag}" for i, flag in enumerate(flags))]
    write(tmp_path / "_classes.csv", *rows)
    found = read(tmp_path, CLASSIFICATION)
    assert found.classes == ("cat", "dog") and len(found.parts["train"]) == 19
    assert "1 row with several classes, or none (_classes.csv, line 20: 18.jpg)" in map(
        str, found.left_out
    )


def test_folders_of_windows_are_found(tmp_path: Path):
    draw(tmp_path, "pets/1.jpg", "pets/2.jpg")
    write(tmp_path / "a.csv", "file,label", "pets\\1.jpg,cat", "pets\\2.jpg,dog")
    assert len(read(tmp_path, CLASSIFICATION).parts["train"]) == 2


FAULTS = [
    ("gone.jpg,cat,train", "row whose image is missing"),
    ("0.jpg,dog,train", "row with a second class of an image"),
    ("1.jpg,,train", "row whose 'label' is blank"),
    ("1.jpg,dog,holdout", "row of an unknown part"),
    ("1.jpg,dog", "row with fewer fields than the header"),
]


@pytest.mark.parametrize(("row", "told"), FAULTS, ids=[told for _, told in FAULTS])
def test_rows_at_fault_are_counted_and_named(row: str, told: str, tmp_path: Path):
    draw(tmp_path, *(f"{i}.jpg" for i in range(30)))
    good = [f"{i}.jpg,{'dog' if i % 2 else 'cat'},train" for i in range(30)]
    write(tmp_path / "a.csv", "file,label,split", *good, row)
    found = read(tmp_path, CLASSIFICATION)
    assert len(found.parts["train"]) == 30
    assert any(told in str(omission) and "a.csv, line 32" in str(omission) for omission in
               found.left_out)  # fmt: skip


def test_an_image_listed_twice_counts_once(tmp_path: Path):
    draw(tmp_path, "1.jpg", "2.jpg")
    write(tmp_path / "a.csv", "file,label", "1.jpg,cat", "2.jpg,dog", "1.jpg,cat")
    assert len(read(tmp_path, CLASSIFICATION).parts["train"]) == 2


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["file,label", "7.jpg,cat", "8.jpg,dog"],
         r"2 rows whose image is missing .*images are looked for beside the table"),
        (["file,size,color", "1.jpg,3,red"], "none is known to hold the labels"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_trained_on_are_errors(
    rows: Sequence[str], told: str, tmp_path: Path
):
    draw(tmp_path, "1.jpg", "2.jpg")
    write(tmp_path / "a.csv", *rows)
    with pytest.raises(ValueError, match=told):
        read(tmp_path, CLASSIFICATION)


def test_folders_of_classes_beside_a_table_of_their_images_are_two_formats(tmp_path: Path):
    names = [f"{name}/{number}.jpg" for name in ("cat", "dog") for number in range(3)]
    draw(tmp_path, *names)
    write(tmp_path / "a.csv", "file,label", *(f"{name},{name[:3]}" for name in names))
    with pytest.raises(ValueError, match="--format class-folders or --format csv"):
        recognize(tmp_path, CLASSIFICATION)
    assert recognize(tmp_path, CLASSIFICATION, "csv").format == "CSV"


def test_a_table_of_something_else_is_no_sign(tmp_path: Path):
    write(tmp_path / "prices.csv", "name,price", "apple,3")
    (tmp_path / "cut.csv").write_bytes(b"\xff\xfe\x00")
    assert signs(tmp_path) is None
