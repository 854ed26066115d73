"""Lists of images with their masks, as PaddleSeg and PSPNet's code have them."""

import os
from pathlib import Path

import numpy as np
import pytest

from iclip.own_data import recognize
from iclip.own_data.masks import lists
from iclip.tasks import SEGMENTATION
from tests.support.mask_folders import labels, write_image, write_numbers


def write(root: Path, part: str, count: int, line: str = "images/{}.jpg labels/{}.png") -> str:
    """Write images and masks of a part; the lines of its list, with 12 seeds per part at most."""
    lines = []
    for number in range(count):
        image, mask = (name.replace("{}", f"{part} {number}") for name in _names(line))
        write_image(root / image)
        write_numbers(root / mask, labels(number))
        lines.append(line.replace("{}", f"{part} {number}"))
    return "\n".join([*lines, ""])


def _names(line: str) -> list[str]:
    names = line.replace("\t", " ").replace(",", " ").replace("\\", "/").split(" ")
    return [name.lstrip("/") for name in names]


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("images/{}.jpg labels/{}.png", "{}.txt"),
        ("images/{}.JPG\tannotations/{}.png", "{}_list.txt"),
        ("img/{}.jpg,gt/{}.png", "fine_{}.lst"),
        ("/leftImg8bit/{}_leftImg8bit.png /gtFine/{}_gtFine_labelTrainIds.png", "{}.txt"),
        ("a\\{}.jpg b\\{}.png", "{}.txt"),
    ],
)
def test_lists_say_parts_and_pairs(line: str, file: str, tmp_path: Path):
    for part, count in (("train", 3), ("val", 2)):
        content = write(tmp_path, part, count, line)
        encoded = content.replace("\n", "\r\n").encode("utf-8-sig")
        (tmp_path / file.format(part)).write_bytes(encoded)
    (tmp_path / "labels.txt").write_text("road\ncar\nsky\n")
    data = recognize(tmp_path, SEGMENTATION)
    assert (data.format, data.classes) == ("mask lists", ("road", "car", "sky"))
    for part, count in (("train", 3), ("val", 2)):
        samples = data.parts[part]
        assert len(samples) == count
        for number, sample in enumerate(samples):
            assert f"{part} {number}" in os.fspath(sample.file)
            np.testing.assert_array_equal(sample.mask.label_map(), labels(number))


def test_training_numbers_of_cityscapes_have_known_classes(tmp_path: Path):
    line = "leftImg8bit/{}.png gtFine/{}_gtFine_labelTrainIds.png"
    (tmp_path / "train.txt").write_text(write(tmp_path, "train", 3, line))
    found = lists.read(tmp_path, SEGMENTATION)
    assert found.classes[:2] == ("road", "sidewalk") and len(found.classes) == 19
    assert "the masks are Cityscapes' labelTrainIds: the classes are its 19" in found.notes


def test_a_list_may_be_named_itself_and_counts_a_pair_once(tmp_path: Path):
    content = write(tmp_path, "x", 4)
    (tmp_path / "all.lst").write_text(content + content)
    (tmp_path / "classes.txt").write_text("road\ncar\nsky\n")
    found = lists.read(tmp_path / "all.lst", SEGMENTATION)
    assert lists.signs(tmp_path / "all.lst") == "all.lst"
    assert {part: len(samples) for part, samples in found.parts.items()} == {"train": 4}


def test_lines_without_files_are_left_out_and_many_are_an_error(tmp_path: Path):
    content = write(tmp_path, "train", 12)
    (tmp_path / "classes.txt").write_text("road\ncar\nsky\n")
    (tmp_path / "train.txt").write_text(content + "images/absent.jpg labels/absent.png\n")
    found = lists.read(tmp_path, SEGMENTATION)
    assert len(found.parts["train"]) == 12
    assert any("images/absent.jpg labels/absent.png" in str(entry) for entry in found.left_out)
    (tmp_path / "train.txt").write_text(content + "images/absent.jpg labels/absent.png\n" * 3)
    with pytest.raises(ValueError, match=r"3 lines that do not name an image and a mask"):
        lists.read(tmp_path, SEGMENTATION)


def test_names_alone_are_not_such_a_list(tmp_path: Path):
    write(tmp_path, "train", 2)
    for content in (b"train 0\ntrain 1\n", b"", b"\0\xff\xfe\n", b"images/train 0.jpg " * 2):
        (tmp_path / "train.txt").write_bytes(content)
        assert lists.signs(tmp_path) is None
