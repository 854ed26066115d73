from pathlib import Path

import pytest

from iclip.own_data.yolo import detection as yolo
from iclip.own_data.yolo.darknet import darknet_settings
from iclip.tasks import DETECTION
from tests.support.own_data_files import write_image


def write(root: Path, settings: str) -> Path:
    (root / "obj.names").write_text("cat\ntraffic light\n\n")
    file = root / "obj.data"
    file.write_text(settings)
    return file


def test_names_and_lists(tmp_path: Path) -> None:
    file = write(
        tmp_path, "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup=x\n"
    )
    assert darknet_settings(file) == {
        "classes": "2",
        "train": "data/train.txt",
        "names": ["cat", "traffic light"],
        "backup": "x",
    }


def test_names_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"obj.data: names is 'data/x.names', which is not there"):
        darknet_settings(write(tmp_path, "train = data/train.txt\nnames = data/x.names\n"))


def test_as_cvat_writes_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        "classes = 2\ntrain = data/train.txt\nvalid = data/valid.txt\nnames = data/obj.names\n"
        "backup = backup/\n",
    )
    for part, name in (("train", "a b"), ("valid", "c")):
        write_image(tmp_path / f"obj_{part}_data/{name}.jpg")
        (tmp_path / f"obj_{part}_data/{name}.txt").write_text("1 0.5 0.5 0.25 0.25\n")
        (tmp_path / f"{part}.txt").write_text(f"data/obj_{part}_data/{name}.jpg\n")
    assert yolo.signs(tmp_path) == "obj.data"
    read = yolo.read(tmp_path, DETECTION)
    assert read.classes == ("cat", "traffic light")
    assert {part: [s.class_labels for s in samples] for part, samples in read.parts.items()} == {
        "train": [[1]],
        "val": [[1]],
    }
