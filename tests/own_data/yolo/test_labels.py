from pathlib import Path

import pytest

from iclip.own_data.image_sizes import sized_images
from iclip.own_data.remarks import Remarks
from iclip.own_data.yolo.files import read_yolo_files
from iclip.own_data.yolo.labels import read_objects
from tests.support.own_data_files import write_yolo_folder

GOOD: dict[str, str | None] = {f"train/{n:02}": "0 .5 .5 .2 .1\n" for n in range(20)}


def read(root: Path, labels: dict[str, str | None]) -> tuple[list[list[int]], Remarks]:
    """The labels of each image's objects."""
    write_yolo_folder(root, labels, "train: images/train\nnames: [cat, dog]")
    remarks = Remarks("DIR")
    files = read_yolo_files(root, remarks)
    images = [image for image in sized_images(files.images["train"], remarks) if image]
    objects = read_objects(images, files, "train", remarks)
    return [[line.label for line in lines] for lines in objects], remarks


def test_empty_and_missing_label_files_mean_no_object(tmp_path: Path) -> None:
    found, remarks = read(tmp_path, {**GOOD, "train/a": "", "train/b": None})
    assert found == [[0]] * 20 + [[], []]
    assert remarks.notes == [
        f"train: 1 of 22 images without a label file ({tmp_path}/images/train/b.jpg): no objects "
        "in them"
    ]


def test_no_label_file_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no image of train has a label file: .*a.jpg would have"):
        read(tmp_path, {"train/a": None, "train/b": None})


@pytest.mark.parametrize(
    ("line", "omission"),
    [
        ("0 .5 .5\n", "1 malformed line (a.txt line 2: 0 .5 .5)"),
        ("2 .5 .5 .1 .1\n", "1 line of classes without a name (class 2 in a.txt line 2)"),
        ("1 .5 .5 .1 .1\n", "1 box stated again (a.txt line 2)"),
    ],
)
def test_a_line_is_left_out(line: str, omission: str, tmp_path: Path) -> None:
    found, remarks = read(tmp_path, {**GOOD, "train/a": "1 .5 .5 .1 .1\n" + line})
    assert found == [*[[0]] * 20, [1]]
    assert [str(each) for each in remarks.omissions()] == [omission]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0 .5 .5 .1 .1 .9\n", "malformed lines .*a line is class, center x"),
        ("7 .5 .5 .1 .1\n", "lines of classes without a name .*data.yaml has 2 names"),
    ],
)
def test_many_odd_lines_are_an_error(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        read(tmp_path, {"train/a": line, "train/b": line, "train/c": "0 .5 .5 .1 .1"})


def test_label_files_without_an_image_are_counted(tmp_path: Path) -> None:
    write_yolo_folder(tmp_path, GOOD)
    for name in ("z.txt", "classes.txt"):
        (tmp_path / "labels/train" / name).write_text("0 .5 .5 .1 .1")
    _, remarks = read(tmp_path, GOOD)
    (omission,) = remarks.omissions()
    assert (omission.what, omission.count) == ("label files without an image", 1)
    assert omission.example.endswith("labels/train/z.txt")
