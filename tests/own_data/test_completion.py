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
)


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
        ({"train": ["cat"]}, "each of its images is the only one of a class: add images"),
        ({"train": ["cat", "dog"]}, "each of its images is the only one of a class: add images"),
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


def test_classes_that_training_lacks_may_be_allowed(tmp_path: Path) -> None:
    write_parts(tmp_path, {"train": ["cat"], "val": ["cat", "dog"]})
    with pytest.raises(ValueError, match="count with --allow-unseen-classes"):
        recognize(tmp_path, DETECTION)
    data = recognize(tmp_path, DETECTION, allow_unseen=True)
    assert [box for sample in data.parts["val"] for box in sample.class_labels] == [0, 1]
    note = "1 class in val though train lacks them, which lowers every average: dog"
    assert note in data.notes


def test_files_in_train_and_val_are_noted(tmp_path: Path) -> None:
    write_parts(tmp_path, {"train": ["cat"] * 3, "val": ["cat"] * 2})
    (tmp_path / "val/1.jpg").unlink()
    (tmp_path / "val/1.jpg").symlink_to(tmp_path / "train/2.jpg")
    data = recognize(tmp_path, DETECTION)
    assert any(note.startswith("1 of 2 files of val are in train, too") for note in data.notes)


def test_the_same_images_are_drawn_of_a_folder_and_of_its_file(tmp_path: Path) -> None:
    write_coco_folder(tmp_path, {"train": 20})
    drawn = [
        {sample.file for sample in recognize(place, DETECTION).parts["val"]}
        for place in (tmp_path, tmp_path / "annotations/instances_train.json")
    ]
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"val": ["cat"]}, {"val": 1}),
        ({"test": ["cat"] * 2}, {"test": 2}),
        ({"train": ["cat"], "val": ["cat", "dog"]}, {"train": 1, "val": 2}),
        ({"train": ["cat"] * 3, "test": ["cat"]}, {"train": 3, "test": 1}),
        ({"train": ["cat"] * 2}, {"train": 1, "val": 1}),
    ],
)
def test_for_evaluation_parts_stay_as_they_are(
    parts: dict[str, list[str]], expected: dict[str, int], tmp_path: Path
) -> None:
    write_parts(tmp_path, parts)
    data = recognize(tmp_path, DETECTION, needs_train=False)
    assert {part: len(samples) for part, samples in data.parts.items()} == expected
