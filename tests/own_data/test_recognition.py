from pathlib import Path

import pytest

from iclip.own_data import recognize
from iclip.tasks import DETECTION
from tests.support.own_data_files import (
    write_coco_folder,
    write_lvis_folder,
    write_voc_folder,
    write_yolo_folder,
)

LABEL = "0 .5 .5 .5 .5\n1 .4 .4 .2 .2\n"
LABELS = {f"train/{n}": LABEL for n in range(10)} | {f"val/{n}": LABEL for n in range(10, 13)}


def write(kind: str, root: Path) -> None:
    if kind == "COCO":
        write_coco_folder(root)
    elif kind == "LVIS":
        write_lvis_folder(root)
    elif kind == "YOLO":
        write_yolo_folder(root, LABELS)
    else:
        write_voc_folder(root, {str(n): [("cat", (1, 1, 20, 20))] for n in range(6)})


@pytest.mark.parametrize("kind", ["COCO", "LVIS", "YOLO", "Pascal VOC"])
def test_format_is_recognized(kind: str, tmp_path: Path) -> None:
    write(kind, tmp_path)
    data = recognize(tmp_path, DETECTION)
    assert (data.format, data.task, data.root) == (kind, DETECTION, tmp_path)
    assert list(data.parts)[:2] == ["train", "val"]
    assert all(len(samples) for samples in data.parts.values())
    assert bool(data.class_details) == (kind == "LVIS")
    named = recognize(tmp_path, DETECTION, kind.upper().replace(" ", "-"))
    assert named.format == kind


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("COCO", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    data = recognize(Path("data"), DETECTION)
    assert data.parts["train"][0].file == str(tmp_path / "data/train/train_0.jpg")


def test_two_formats_are_an_error_until_one_is_named(tmp_path: Path) -> None:
    write("COCO", tmp_path)
    write("YOLO", tmp_path)
    with pytest.raises(
        ValueError,
        match=r"has the signs of COCO \(instances_train.json\) and YOLO \(data.yaml\): say which "
        "one with --format coco or --format yolo",
    ):
        recognize(tmp_path, DETECTION)
    assert len(recognize(tmp_path, DETECTION, "yolo").parts["train"]) == 10
    assert len(recognize(tmp_path, DETECTION, "coco").parts["train"]) == 8


@pytest.mark.parametrize(
    ("files", "there"),
    [
        ([], "It is empty"),
        (
            ["a/1.jpg", "a/2.JPG", "b/3.png", ".hidden"],
            "It holds a/, b/; 4 files: 2 .jpg, 1 .png, 1 no",
        ),
    ],
)
def test_what_is_not_recognized_is_an_error(files: list[str], there: str, tmp_path: Path) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(
        ValueError, match=f"not recognized as a data set of detection. {there}"
    ) as error:
        recognize(tmp_path, DETECTION)
    for word in ("COCO: a JSON file", "YOLO: data.yaml", "Pascal VOC: XML files"):
        assert word in str(error.value)


def test_another_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.zip").touch()
    with pytest.raises(ValueError, match=r"It is a file that ends in .zip"):
        recognize(tmp_path / "a.zip", DETECTION)
    with pytest.raises(FileNotFoundError, match=r"there is no data set .*absent"):
        recognize(tmp_path / "absent", DETECTION)


def test_another_format_than_the_named_one_is_an_error(tmp_path: Path) -> None:
    write("COCO", tmp_path)
    with pytest.raises(
        ValueError, match=r"--format yolo: .* is not in this form, which has data.yaml"
    ):
        recognize(tmp_path, DETECTION, "yolo")
    with pytest.raises(
        ValueError, match="--format Yolo5 is not a format of detection: give one of coco"
    ):
        recognize(tmp_path, DETECTION, "Yolo5")
