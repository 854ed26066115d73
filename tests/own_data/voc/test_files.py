import os
from pathlib import Path

import pytest

from iclip.own_data.remarks import Remarks
from iclip.own_data.voc.files import ImagesByName, find_voc_files, voc_signs
from tests.support.own_data_files import voc_xml, write_image


def write(root: Path, *names: str) -> None:
    """Write images and annotations at these places."""
    for name in names:
        if name.endswith(".xml"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(voc_xml("", []))
        else:
            write_image(root / name)


def found(root: Path, remarks: Remarks | None = None) -> dict[str, list[tuple[str, str | None]]]:
    files = find_voc_files(root, remarks or Remarks("DIR"))
    return {
        part: [
            (
                os.path.relpath(annotation, root),
                (image := files.images.find(annotation, "")) and os.path.relpath(image, root),
            )
            for annotation in annotations
        ]
        for part, annotations in files.annotations.items()
    }


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ["Annotations/a.xml", "JPEGImages/a.JPG"],
            {"train": [("Annotations/a.xml", "JPEGImages/a.JPG")]},
        ),
        (["annotations/a.xml", "images/a.png"], {"train": [("annotations/a.xml", "images/a.png")]}),
        # Roboflow
        (
            ["train/a.xml", "train/a.jpg", "valid/a.xml", "valid/a.jpg"],
            {"train": [("train/a.xml", "train/a.jpg")], "val": [("valid/a.xml", "valid/a.jpg")]},
        ),
        # LabelImg
        (["a b.xml", "a b.jpg", "c.xml"], {"train": [("a b.xml", "a b.jpg"), ("c.xml", None)]}),
        (
            ["Annotations/train/a.xml", "Annotations/val/a.xml", "images/train/a.jpg",
             "images/val/a.jpg"],
            {"train": [("Annotations/train/a.xml", "images/train/a.jpg")],
             "val": [("Annotations/val/a.xml", "images/val/a.jpg")]},
        ),
        (
            ["VOCdevkit/VOC2007/Annotations/1.xml", "VOCdevkit/VOC2007/JPEGImages/1.jpg"],
            {"train": [("VOCdevkit/VOC2007/Annotations/1.xml",
                        "VOCdevkit/VOC2007/JPEGImages/1.jpg")]},
        ),
    ],
)  # fmt: skip
def test_forms(names: list[str], expected: object, tmp_path: Path) -> None:
    write(tmp_path, *names)
    assert found(tmp_path) == expected
    sign = voc_signs(tmp_path)
    assert sign in names


def test_lists_divide_the_images(tmp_path: Path) -> None:
    write(tmp_path, *(f"Annotations/{n}.xml" for n in range(6)), "JPEGImages/0.jpg")
    lists = tmp_path / "ImageSets/Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("0\n1\r\n\n1\n2.jpg\n", encoding="utf-8-sig")
    (lists / "val.txt").write_text("images/3\n4  1\n")
    (lists / "trainval.txt").write_text("0\n1\n2\n3\n4\n")
    (lists / "cat_train.txt").write_text("0  1\n1 -1\n")
    (lists / "test.txt").write_text("000077\n000078\n")
    remarks = Remarks("DIR")
    parts = {part: [os.path.basename(file) for file, _ in files]
             for part, files in found(tmp_path, remarks).items()}  # fmt: skip
    assert parts == {"train": ["0.xml", "1.xml", "2.xml"], "val": ["3.xml", "4.xml"], "test": []}
    (omission,) = remarks.omissions()
    assert str(omission) == "2 listed images without an annotation (000077 of test.txt)"


@pytest.mark.parametrize("name", ["trainval", "default"])
def test_a_list_of_all(name: str, tmp_path: Path) -> None:
    write(tmp_path, "Annotations/a.xml", "Annotations/b.xml")
    (tmp_path / "ImageSets/Main").mkdir(parents=True)
    (tmp_path / f"ImageSets/Main/{name}.txt").write_text("b\n")
    assert found(tmp_path) == {"train": [("Annotations/b.xml", None)]}


def test_a_list_of_other_images_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "Annotations/a.xml")
    (tmp_path / "ImageSets/Main").mkdir(parents=True)
    (tmp_path / "ImageSets/Main/train.txt").write_text("x\ny\n")
    with pytest.raises(ValueError, match=r"2 listed images without an annotation .x of train.txt"):
        found(tmp_path)


def test_two_years_are_an_error(tmp_path: Path) -> None:
    write(tmp_path, *(f"VOCdevkit/VOC{year}/Annotations/1.xml" for year in (2007, 2012)))
    with pytest.raises(
        ValueError, match=r"holds several data sets, VOC2007, VOC2012: --data .*2007"
    ):
        found(tmp_path)


def test_other_xml_files_are_not_signs(tmp_path: Path) -> None:
    (tmp_path / "annotations.xml").write_text("<?xml?><annotations><image/></annotations>")
    assert voc_signs(tmp_path) is None
    (tmp_path / "a.xml").write_text(voc_xml("", []), encoding="utf-16")
    assert voc_signs(tmp_path) == "a.xml"
    assert voc_signs(tmp_path / "a.xml") is None


@pytest.mark.parametrize(
    ("files", "annotation", "filename", "image"),
    [
        (["/i/a.jpg"], "/x/a.xml", "", "/i/a.jpg"),
        (["/i/a.jpg"], "/x/a.xml", "other.jpg", "/i/a.jpg"),
        (["/i/a.jpg", "/i/a.png"], "/x/a.xml", "a.png", "/i/a.png"),
        (["/i/a.jpg"], "/x/000.xml", "C:\\photos\\a.jpg", "/i/a.jpg"),
        (["/i/train/a.jpg", "/i/val/a.jpg"], "/x/val/a.xml", "", "/i/val/a.jpg"),
        (["/i/a.jpg", "/i/a.png"], "/x/a.xml", "", None),
        (["/i/b.jpg"], "/x/a.xml", "", None),
        (["/i/v1.0.jpg"], "/x/v1.0.xml", "", "/i/v1.0.jpg"),
    ],
)
def test_image_of_an_annotation(
    files: list[str], annotation: str, filename: str, image: str | None
) -> None:
    assert ImagesByName(files).find(annotation, filename) == image


@pytest.mark.parametrize("ending", ["", "_list"])
def test_lists_beside_the_folders_have_an_image_and_its_annotation_per_line(
    ending: str, tmp_path: Path
):
    names = ("a", "b c", "d")
    write(tmp_path, *(f"annotations/{n}.xml" for n in names), *(f"images/{n}.JPG" for n in names))
    for part, listed in (("train", names[:2]), ("val", names[2:])):
        lines = "".join(f"./images/{n}.JPG ./annotations/{n}.xml\r\n" for n in listed)
        (tmp_path / f"{part}{ending}.txt").write_text(lines)
    assert {part: [file for file, _ in files] for part, files in found(tmp_path).items()} == {
        "train": ["annotations/a.xml", "annotations/b c.xml"], "val": ["annotations/d.xml"],
    }  # fmt: skip
    (tmp_path / f"train{ending}.txt").unlink()  # without one of training, lists say nothing
    assert len(found(tmp_path)["train"]) == 3
