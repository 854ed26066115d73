"""Files sorted by class: torchvision's rules, with or without folders of the parts."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from torchvision.datasets import ImageFolder

from iclip.files.images import is_image_name
from iclip.own_data.class_folders import (
    class_folder_signs,
    in_class_order,
    part_folders,
    read_class_folders,
)
from iclip.own_data.parts import part_of


def write(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            (root / name).write_bytes(b"x")
        else:
            (root / name).mkdir(exist_ok=True)
    return root


def test_lists_what_torchvision_lists(tmp_path: Path):
    names = ["b/2.JPG", "b/1.jpeg", "B/x.webp", "a b/deep/er/3.png", "ö/4.bmp", "b/notes.txt"]
    root = write(tmp_path, *names)
    oracle = ImageFolder(str(root))
    found = read_class_folders(root, is_image_name)
    assert list(found.classes) == oracle.classes
    assert found.parts == {"train": oracle.samples}
    assert [str(omission) for omission in found.left_out] == [
        f"1 .txt file ({root / 'b/notes.txt'})"
    ]


@pytest.mark.parametrize(
    "names",
    [
        ("train", "val"),
        ("Train", "Valid", "TEST"),
        ("training", "validation"),
        ("train",),
        ("val",),
        ("val", "test"),
    ],
    ids=str,
)
def test_parts_are_told_by_their_names(names: Sequence[str], tmp_path: Path):
    for name in names:
        write(tmp_path, f"{name}/cat/1.jpg", f"{name}/dog/2.jpg")
    found = read_class_folders(tmp_path, is_image_name)
    assert list(found.parts) == [part_of(name) for name in names]
    for name, files in zip(names, found.parts.values(), strict=True):
        assert files == [
            (str(tmp_path / name / "cat/1.jpg"), 0), (str(tmp_path / name / "dog/2.jpg"), 1),
        ]  # fmt: skip


def test_a_class_may_be_called_train(tmp_path: Path):
    root = write(tmp_path, "car/1.jpg", "train/2.jpg", "bus/3.jpg")
    assert read_class_folders(root, is_image_name).classes == ("bus", "car", "train")
    assert class_folder_signs(root, is_image_name) == "a folder per class: bus, car, train"


def test_classes_of_any_part_count_and_empty_ones_are_said(tmp_path: Path):
    root = write(tmp_path, "train/cat/1.jpg", "val/cow/2.jpg", "train/ant/", "val/bee/readme.md")
    found = read_class_folders(root, is_image_name)
    assert found.classes == ("cat", "cow")
    assert "2 folders of classes without images (ant)" in map(str, found.left_out)


def test_what_lies_beside_the_folders_is_said(tmp_path: Path):
    root = write(tmp_path, "train/cat/1.jpg", "train/dog/1.jpg", "train/.hidden/4.jpg",
                 "val/cat/2.jpg", "val/5.jpg", "extra/6.jpg", "readme.txt")  # fmt: skip
    left_out = {
        omission.what: omission for omission in read_class_folders(root, is_image_name).left_out
    }
    assert left_out["files outside of a class's folder"].count == 1
    assert left_out["files outside of a class's folder"].example == str(root / "val/5.jpg")
    assert left_out["entries beside the folders of the parts"].count == 2


def test_links_are_followed_and_circles_are_not(tmp_path: Path):
    root = write(tmp_path / "data", "cat/1.jpg", "dog/2.jpg")
    write(tmp_path / "elsewhere", "3.jpg")
    os.symlink(tmp_path / "elsewhere", root / "dog" / "more")
    os.symlink(root, root / "cat" / "back")
    found = read_class_folders(root, is_image_name)
    assert found.parts["train"] == [
        (str(root / "cat/1.jpg"), 0),
        (str(root / "dog/2.jpg"), 1),
        (str(root / "dog/more/3.jpg"), 1),
    ]


@pytest.mark.parametrize(
    ("names", "order", "note"),
    [
        (["10", "9", "1"], ("1", "9", "10"), "as such, from 1 to 10: .* in which 9 comes later"),
        (["002", "001", "010"], ("001", "002", "010"), ""),
        (["b10", "b9"], ("b10", "b9"), ""),
        (["1", "01", "0"], ("0", "01", "1"), ""),
        (["²", "1"], ("1", "²"), ""),
    ],
)  # fmt: skip
def test_numbers_are_sorted_as_numbers_which_is_said(names: list[str], order, note: str):
    found, told = in_class_order(names)
    assert found == order and bool(told) == bool(note)
    assert re.search(note, told)


@pytest.mark.parametrize(
    "names",
    [
        ("images/1.jpg", "masks/1.png"),
        ("JPEGImages/1.jpg", "Annotations/1.xml"),
        ("train2017/1.jpg", "val2017/2.jpg", "annotations/x.json"),
        ("train/1.jpg", "val/2.jpg"),
        ("cat/notes.txt",),
        ("1.jpg",),
        (),
    ],
    ids=str,
)
def test_other_forms_are_not_folders_of_classes(names: Sequence[str], tmp_path: Path):
    assert class_folder_signs(write(tmp_path, *names), is_image_name) is None


def test_a_file_is_not_a_folder_of_classes(tmp_path: Path):
    assert class_folder_signs(write(tmp_path, "a.csv") / "a.csv", is_image_name) is None


def test_two_folders_of_a_part_are_an_error(tmp_path: Path):
    root = write(tmp_path, "train/cat/1.jpg", "val/cat/2.jpg", "valid/cat/3.jpg")
    with pytest.raises(ValueError, match="two folders for val, val/ and valid/: leave one"):
        part_folders(root, is_image_name)


def test_classes_without_any_file_are_an_error(tmp_path: Path):
    with pytest.raises(ValueError, match="folders of classes, and none of them holds clips"):
        read_class_folders(write(tmp_path, "cat/a.txt"), lambda name: False, "clips")
