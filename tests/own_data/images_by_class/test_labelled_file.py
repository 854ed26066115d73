from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.datasets.readers.labelled_list import read_classes, read_labelled_list
from iclip.own_data import recognize
from iclip.own_data.data_set import OwnData
from iclip.own_data.images_by_class.labelled_file import (
    LabelledFile,
    readable_files,
    write_classification,
)
from iclip.own_data.remarks import Remarks
from iclip.tasks import CLASSIFICATION


def test_lists_hold_what_was_recognized(tmp_path: Path):
    Image.new("RGB", (8, 8)).save(tmp_path / "e.jpg")
    parts = {
        "train": [LabelledFile("/data/a,b.jpg", 1), LabelledFile("/data/c\nd.jpg", 0)],
        "val": [LabelledFile(str(tmp_path / "e.jpg"), 1)],
    }
    data = OwnData(CLASSIFICATION, "CSV", tmp_path, ("cat", "dog"), parts)
    lists = write_classification(data, tmp_path / "run" / "data")
    assert sorted(lists) == ["train", "val"]
    for part, path in lists.items():
        assert path == tmp_path / f"run/data/{part}.jsonl" and read_classes(path) == data.classes
        images = [(sample.file, sample.label) for sample in parts[part]]
        assert list(read_labelled_list(path)) == images


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_images_cut_in_half_are_left_out_of_validation_alone(suffix: str, tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    files = [tmp_path / f"{number}{suffix}" for number in range(12)]
    for file in files:
        Image.fromarray(noise).save(file)
    content = files[3].read_bytes()
    files[3].write_bytes(content[: len(content) // 2])
    samples = [LabelledFile(str(file), 0) for file in files]
    data = OwnData(CLASSIFICATION, "CSV", tmp_path, ("a", "b"), {"train": samples, "val": samples})
    said: list[str] = []
    lists = write_classification(data, tmp_path / "data", said.append)
    kept = {part: list(read_labelled_list(path)) for part, path in lists.items()}
    assert len(kept["train"]) == 12
    assert kept["val"] == [(s.file, 0) for s in samples if s.file != str(files[3])]
    assert len(said) == 1 and said[0].startswith(f"val: left out 1 damaged image ({files[3]}: ")


def test_a_sample_has_its_own_label():
    assert LabelledFile("a.jpg", 3).class_labels == (3,)
    assert LabelledFile("a.jpg", 1).relabelled([7, 5]) == LabelledFile("a.jpg", 5)


def test_a_single_class_is_an_error_that_says_where_classes_may_lie(tmp_path: Path):
    for kind in ("rose", "tulip"):
        (tmp_path / "flowers" / kind).mkdir(parents=True)
        for number in range(2):
            Image.new("RGB", (8, 8)).save(tmp_path / "flowers" / kind / f"{number}.png")
    data = recognize(tmp_path, CLASSIFICATION)
    with pytest.raises(ValueError, match=r"single class, 'flowers'.* in a folder flowers, name"):
        write_classification(data, tmp_path / "data")
    assert not (tmp_path / "data").exists()
    assert recognize(tmp_path / "flowers", CLASSIFICATION).classes == ("rose", "tulip")


def test_files_that_are_not_images_are_counted(tmp_path: Path):
    files = [(str(tmp_path / f"{i}.png"), i % 2) for i in range(20)]
    for file, _ in files:
        Image.new("RGB", (8, 8)).save(file)
    Path(files[4][0]).write_bytes(b"")
    remarks = Remarks("here")
    assert readable_files(files, remarks) == [
        LabelledFile(*entry) for i, entry in enumerate(files) if i != 4
    ]
    (left_out,) = remarks.omissions()
    assert (left_out.what, left_out.count) == ("images that cannot be read", 1)
    for file, _ in files[5:9]:
        Path(file).write_bytes(b"<html>")
    with pytest.raises(ValueError, match=r"here: 5 images that cannot be read .*more than 10%"):
        readable_files(files, Remarks("here"))
