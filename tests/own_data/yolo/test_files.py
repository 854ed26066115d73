import os
from pathlib import Path

import pytest

from iclip.own_data.remarks import Remarks
from iclip.own_data.yolo.files import label_files, read_yolo_files, yolo_signs
from tests.support.own_data_files import write_image, write_yolo_folder


def images(root: Path, remarks: Remarks | None = None) -> dict[str, list[str]]:
    found = read_yolo_files(root, remarks or Remarks(str(root))).images
    folder = root if root.is_dir() else root.parent
    return {
        part: [os.path.relpath(path, folder) for path in paths] for part, paths in found.items()
    }


@pytest.mark.parametrize(
    "places",
    [
        "path: .\ntrain: images/train\nval: images/val",
        "train: ./images/train\nval: images/val/",
        "train: [images/train]\nval: [images/val]",
        # Relative to the working directory, and of another machine.
        "path: ROOT_FROM_HERE\ntrain: images/train\nval: images/val",
        "path: /content/drive/data\ntrain: images/train\nval: images/val",
        "train: ROOT/images/train\nval: ROOT/images/val",
        # As Roboflow writes them, from a folder that is not there.
        "train: ../images/train\nval: ../images/val",
        "train: images\\train\nval: images\\val",
        "train: train.txt\nval: val.txt",
    ],
)
def test_places_are_found(places: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "my data"
    write_yolo_folder(root, {"train/a": "", "train/b": "", "val/c": ""})
    (root / "train.txt").write_text("./images/train/a.jpg\n\nimages/train/b.jpg\n")
    (root / "val.txt").write_text(f"{root}/images/val/c.jpg")
    text = places.replace("ROOT_FROM_HERE", "my data").replace("ROOT", str(root))
    (root / "data.yaml").write_text(f"{text}\nnames: [cat]\n")
    expected = {"train": ["images/train/a.jpg", "images/train/b.jpg"], "val": ["images/val/c.jpg"]}
    assert images(root) == expected
    assert images(root / "data.yaml") == expected


def test_roboflows_form(tmp_path: Path) -> None:
    for part in ("train", "valid", "test"):
        write_image(tmp_path / part / "images/a.jpg")
    (tmp_path / "data.yaml").write_text(
        "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n\nnc: 1\n"
        "names: ['cat']\n\nroboflow:\n  workspace: a\n"
    )
    assert images(tmp_path) == {
        "train": ["train/images/a.jpg"],
        "val": ["valid/images/a.jpg"],
        "test": ["test/images/a.jpg"],
    }


def test_a_place_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    write_yolo_folder(tmp_path, {"train/a": ""})
    with pytest.raises(ValueError, match=r"data.yaml: val is 'images/val', which is not there"):
        images(tmp_path)


def test_test_images_need_not_be_there(tmp_path: Path) -> None:
    write_yolo_folder(tmp_path, {"train/a": "", "val/b": ""})
    with open(tmp_path / "data.yaml", "a") as file:
        file.write("test: test-dev2017.txt\n")
    remarks = Remarks("DIR")
    assert list(images(tmp_path, remarks)) == ["train", "val"]
    assert remarks.notes == ["test: 'test-dev2017.txt' is not there, so there is no test part"]


def test_other_files_and_repeated_images_are_told(tmp_path: Path) -> None:
    write_yolo_folder(tmp_path, {"train/a": "", "val/b": ""})
    (tmp_path / "images/train/notes.md").touch()
    (tmp_path / "images/val.txt").write_text("val/b.jpg\nval/b.jpg\nval/b.txt\n")
    (tmp_path / "data.yaml").write_text(
        "train: [images/train, images/train/a.jpg]\nval: images/val.txt\nnames: [cat]"
    )
    remarks = Remarks("DIR")
    assert images(tmp_path, remarks) == {
        "train": ["images/train/a.jpg"],
        "val": ["images/val/b.jpg"],
    }
    assert remarks.notes == [
        "train: 1 image listed again", "val: 1 image listed again",
    ]  # fmt: skip
    assert sorted(omission.what for omission in remarks.omissions()) == [
        ".md files", "listed names of other files than images",
    ]  # fmt: skip


def test_several_descriptions_are_an_error(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("train: images\nnames: [cat]")
    with pytest.raises(ValueError, match=r"several descriptions, a.yaml, b.yaml: --data .*a.yaml"):
        images(tmp_path)


@pytest.mark.parametrize(
    ("image", "labels"),
    [
        ("images/train/a.jpg", "labels/train/a.txt"),
        ("train/images/a.b.jpg", "train/labels/a.b.txt"),
        ("Images/a.JPG", "labels/a.txt"),
        ("images/x/images/a.png", "images/x/labels/a.txt"),
        # Without such a folder, beside the image.
        ("images/b/a.jpg", "images/b/a.txt"),
        ("obj_train_data/a.jpg", "obj_train_data/a.txt"),
    ],
)
def test_labels_of_an_image(image: str, labels: str, tmp_path: Path) -> None:
    (tmp_path / labels).parent.mkdir(parents=True)
    assert label_files([str(tmp_path / image)]) == [str(tmp_path / labels)]


@pytest.mark.parametrize("names", ["classes.txt", "labels/classes.txt", "obj.names"])
def test_a_lone_pair_of_folders(names: str, tmp_path: Path) -> None:
    for name in ("train/a.jpg", "Validation/b.jpg", "c.jpg"):
        write_image(tmp_path / "images" / name)
    (tmp_path / "labels").mkdir()
    assert yolo_signs(tmp_path) is None
    (tmp_path / names).write_text("cat\r\ntraffic light\n\n", encoding="utf-8-sig")
    assert yolo_signs(tmp_path) == f"images/, labels/ and {names.rpartition('/')[2]}"
    found = read_yolo_files(tmp_path, Remarks("DIR"))
    assert found.names == ("cat", "traffic light")
    assert {part: len(paths) for part, paths in found.images.items()} == {"train": 2, "val": 1}


def test_an_empty_list_of_names_is_an_error(tmp_path: Path) -> None:
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    (tmp_path / "classes.txt").write_text("\n")
    with pytest.raises(ValueError, match=r"classes.txt is empty: write the name of a class"):
        read_yolo_files(tmp_path, Remarks("DIR"))
