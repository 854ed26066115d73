from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from iclip.own_data import recognize
from iclip.tasks import DETECTION
from tests.support.own_data_files import (
    coco_content,
    write_coco_folder,
    write_image,
    write_json,
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
        ([], "nothing in it"),
        (["a/1.jpg", "a/2.JPG", "b/3.png", ".hidden"], "a/, b/; 4 files: 2 .jpg, 1 .png, 1 no"),
    ],
)
def test_what_is_not_recognized_is_an_error(files: list[str], there: str, tmp_path: Path) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(
        ValueError, match=f"not recognized as a data set of detection. There is {there}"
    ) as error:
        recognize(tmp_path, DETECTION)
    for word in ("COCO: a JSON file", "YOLO: data.yaml", "Pascal VOC: XML files"):
        assert word in str(error.value)


def test_another_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.zip").touch()
    with pytest.raises(ValueError, match=r"There is a file that ends in .zip"):
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


def write_parts(root: Path, parts: Mapping[str, Sequence[str]]) -> None:
    """Write images with a box of the given class each, by part, in COCO's form."""
    for part, names in parts.items():
        files = [f"{part}/{n}.jpg" for n in range(len(names))]
        for file in files:
            write_image(root / file)
        boxes = [(n, name, (1, 1, 9, 9)) for n, name in enumerate(names)]
        write_json(root / f"{part}.json", coco_content(files, boxes, ("cat", "dog", "bird")))


def test_val_is_drawn_where_there_is_none(tmp_path: Path) -> None:
    write_parts(tmp_path, {"train": ["cat", "dog"] * 10, "test": ["cat"]})
    data = recognize(tmp_path, DETECTION)
    assert list(data.parts) == ["train", "val", "test"]
    train, val = (sorted(s.file for s in data.parts[part]) for part in ("train", "val"))
    assert len(train) + len(val) == 20 and not set(train) & set(val)
    assert any(
        note.startswith(f"val: there is none, so {len(val)} of 20 images of train were drawn")
        for note in data.notes
    )
    # Where the folder lies does not matter.
    (tmp_path / "train.json").rename(tmp_path / "labels.json")
    (tmp_path / "test.json").unlink()
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    again = recognize(moved, DETECTION)
    names = [Path(s.file).relative_to(moved) for s in again.parts["val"]]
    assert sorted(map(str, names)) == [str(Path(f).relative_to(tmp_path)) for f in val]


def test_an_empty_val_counts_as_none(tmp_path: Path) -> None:
    write_parts(tmp_path, {"train": ["cat"] * 5})
    (tmp_path / "val.json").write_text(
        '{"images": [], "annotations": [], "categories": [], "info": {"bbox": 0}}'
    )
    data = recognize(tmp_path, DETECTION)
    assert len(data.parts["val"]) and "val is empty" in data.notes


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"val": ["cat"]}, "nothing to train on: its parts are val"),
        ({"train": ["cat"]}, "has a single sample: add images"),
        ({"train": ["cat"], "val": ["cat", "dog", "bird"]},
         r"val has 2 classes that train lacks \(dog, bird\): move samples of them to train"),
    ],
)  # fmt: skip
def test_parts_that_cannot_be_trained_on(
    parts: dict[str, list[str]], message: str, tmp_path: Path
) -> None:
    write_parts(tmp_path, parts)
    with pytest.raises(ValueError, match=message):
        recognize(tmp_path, DETECTION)


def test_classes_without_a_training_sample_are_noted(tmp_path: Path) -> None:
    write_parts(tmp_path, {"train": ["cat"], "val": ["cat"]})
    data = recognize(tmp_path, DETECTION)
    assert "2 classes without a training sample: dog, bird" in data.notes


def test_files_in_train_and_val_are_noted(tmp_path: Path) -> None:
    write_parts(tmp_path, {"train": ["cat"] * 3, "val": ["cat"] * 2})
    (tmp_path / "val/1.jpg").unlink()
    (tmp_path / "val/1.jpg").symlink_to(tmp_path / "train/2.jpg")
    data = recognize(tmp_path, DETECTION)
    assert any(note.startswith("1 of 2 files of val are in train, too") for note in data.notes)
