from pathlib import Path

import pytest

from iclip.own_data.coco.images import image_files, image_name, unlisted_images
from iclip.own_data.remarks import Remarks
from tests.support.own_data_files import write_image


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ({"file_name": "train/a b.jpg"}, "train/a b.jpg"),
        ({"file_name": "C:\\data\\a.jpg"}, "C:/data/a.jpg"),
        ({"file_name": "train\\a.jpg"}, "train/a.jpg"),
        ({"coco_url": "http://images.cocodataset.org/val2017/1.jpg"}, "val2017/1.jpg"),
        ({"file_name": "", "coco_url": "https://a.b/c%20d.jpg?x=1"}, "c d.jpg"),
        ({"file_name": None}, ""),
    ],
)
def test_name_of_an_image(entry: dict[str, object], name: str) -> None:
    assert image_name(entry) == name


@pytest.mark.parametrize(
    ("file", "part", "image", "name"),
    [
        ("annotations/instances_train2017.json", "train", "train2017/a.jpg", "a.jpg"),
        ("annotations/instances_train.json", "train", "images/train/a.jpg", "a.jpg"),
        ("annotations/instances_train.json", "train", "images/a.jpg", "a.jpg"),
        ("annotations/instances_Train.json", "train", "images/Train/a.jpg", "Train/a.jpg"),
        ("annotations/train.json", "train", "train/a.jpg", "train/a.jpg"),
        ("annotations/train.json", "train", "annotations/a.jpg", "a.jpg"),
        ("valid/_annotations.coco.json", "val", "valid/a.jpg", "a.jpg"),
        ("labels.json", "train", "data/a.jpg", "a.jpg"),
        ("train.json", "train", "images/a.jpg", "/elsewhere/data/a.jpg"),
        ("train.json", "train", "images/a.jpg", "D:/data/a.jpg"),
        ("train.json", "train", "Photos 1/a.JPG", "a.jpg"),
    ],
)
def test_folder_of_the_images_is_found_by_trying(
    file: str, part: str, image: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    expected = write_image(tmp_path / image)
    if name == "a.jpg" and image.endswith("JPG"):
        name = "a.JPG"
    assert image_files([name], tmp_path / file, part, Remarks("DIR")) == [expected]


def test_folder_with_most_images_counts(tmp_path: Path) -> None:
    for name in ("train/1.jpg", "photos/1.jpg", "photos/2.jpg"):
        write_image(tmp_path / name)
    remarks = Remarks("DIR")
    found = image_files(["1.jpg", "2.jpg"], tmp_path / "train.json", "train", remarks)
    assert found == [str(tmp_path / "photos/1.jpg"), str(tmp_path / "photos/2.jpg")]
    assert remarks.notes == [f"images of train.json are in {tmp_path / 'photos'}"]


def test_names_in_another_case_are_found(tmp_path: Path) -> None:
    for name in ("a.jpg", "B.JPG"):
        write_image(tmp_path / name)
    remarks = Remarks("DIR")
    found = image_files(["a.jpg", "b.jpg"], tmp_path / "train.json", "train", remarks)
    assert found == [str(tmp_path / "a.jpg"), str(tmp_path / "B.JPG")]
    assert "1 image written in another case than on the disk" in remarks.notes[1]


def test_no_image_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"none of its images is found, such as 'a.jpg'; looked in"
    ):
        image_files(["a.jpg"], tmp_path / "train.json", "train", Remarks("DIR"))


def test_images_that_are_not_listed(tmp_path: Path) -> None:
    files = [write_image(tmp_path / name) for name in ("a/1.jpg", "a/2.jpg", "b/3.jpg")]
    (tmp_path / "a/notes.txt").touch()
    assert unlisted_images([files[0], str(tmp_path / "absent/4.jpg")]) == [files[1]]
    assert unlisted_images(files) == unlisted_images([]) == []
