import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from iclip.datasets.labelled_files import LabelledFiles
from iclip.datasets.labelled_images import LabelledImages
from iclip.datasets.readers.decoding import DecodeError
from iclip.datasets.readers.labelled_list import write_labelled_list
from iclip.datasets.transforms import ResizeCenterCrop

TRANSFORM = ResizeCenterCrop(24)


@pytest.fixture
def table(tmp_path: Path, write_classes: Callable[..., Path]) -> Path:
    """A list of the images of two classes, and a third class without images."""
    root = write_classes({"bird": 2, "cat": 3})
    files = sorted(root.rglob("*.jpg"))
    images = [(str(file), ["bird", "cat"].index(file.parent.name)) for file in files]
    write_labelled_list(tmp_path / "list.jsonl", ["bird", "cat", "dog"], images)
    return tmp_path / "list.jsonl"


def test_samples_are_those_of_the_folders(table: Path, class_texts):
    listed = LabelledFiles(table, TRANSFORM)
    folders = LabelledImages(
        table.parent / "labelled", class_texts("bird", "cat", "dog"), TRANSFORM
    )
    assert len(listed) == len(folders) == 5
    assert listed.labels.tolist() == folders.labels.tolist()
    for number in range(5):
        ours, theirs = listed[number], folders[number]
        assert ours["gt_label"] == theirs["gt_label"] and ours["image"].equal(theirs["image"])
        assert listed.sample_name(number) == folders.sample_name(number)


def test_classes_are_the_list_s(table: Path):
    dataset = LabelledFiles(table, TRANSFORM)
    assert dataset.metainfo == {"classes": ("bird", "cat", "dog")}
    assert str(dataset.summary()).endswith("5 images, 3 classes, 2 classes with images")


def test_spawned_workers_read_the_same(table: Path):
    dataset = pickle.loads(pickle.dumps(LabelledFiles(table, TRANSFORM)))
    assert dataset[4]["gt_label"] == 1 and dataset.sample_name(4).endswith("cat/004.jpg")


def test_a_share_keeps_the_order(table: Path):
    assert LabelledFiles(table, TRANSFORM, fraction=0.4).labels.tolist() == [0, 1]


def test_a_file_that_is_gone_is_named(table: Path):
    dataset = LabelledFiles(table, TRANSFORM)
    Path(dataset.sample_name(3)).unlink()
    with pytest.raises(DecodeError, match=r"cat/003.jpg: No such file") as error:
        dataset[3]
    assert error.value.kind == "missing file"


def test_a_list_without_an_image_is_an_error(tmp_path: Path):
    write_labelled_list(tmp_path / "list.jsonl", ["cat"], [])
    with pytest.raises(FileNotFoundError, match=r"LabelledFiles\(table=...\) is .*names no image"):
        LabelledFiles(tmp_path / "list.jsonl", TRANSFORM)


def test_check_before_a_start_reads_the_list(table: Path):
    LabelledFiles.check_files({"table": str(table)})
    table.write_text(table.read_text() + '{"file": "a.jpg", "class": "cow"}\n')
    with pytest.raises(ValueError, match="line 7: the class 'cow'"):
        LabelledFiles.check_files({"table": str(table)})
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        LabelledFiles.check_files({"table": str(table.with_name("absent.jsonl"))})
