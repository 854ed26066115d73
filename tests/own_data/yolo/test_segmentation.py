"""YOLO's polygons as masks."""

from pathlib import Path

import numpy as np
import pytest

from iclip.own_data.yolo import segmentation as yolo_masks
from iclip.tasks import SEGMENTATION
from tests.support.mask_folders import write_image

WIDTH, HEIGHT = 40, 20


def write(root: Path, *labels: str) -> None:
    """Write images with a label file each."""
    for number, text in enumerate(labels):
        write_image(root / f"images/train/{number}.jpg", (WIDTH, HEIGHT))
        file = root / f"labels/train/{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (root / "data.yaml").write_text("train: images/train\nval: images/train\nnames: [cat, dog]\n")


def test_shares_become_pixels(tmp_path: Path):
    write(tmp_path, "1 0.25 0.5 0.5 0.5 0.5 1 0.25 1\n", "")
    found = yolo_masks.read(tmp_path, SEGMENTATION)
    assert yolo_masks.signs(tmp_path) == "data.yaml"
    assert found.classes == ("background", "cat", "dog")
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[10:20, 10:20] = 2
    first, empty = found.parts["train"]
    assert (first.mask.label_map() == expected).all()
    assert first.class_labels == (0, 2)
    assert not empty.mask.label_map().any()
    assert empty.class_labels == (0,)


def test_boxes_are_counted(tmp_path: Path):
    write(tmp_path, "0 0.5 0.5 0.2 0.2\n1 0 0 0.5 0 0.5 0.5\n")
    found = yolo_masks.read(tmp_path, SEGMENTATION)
    told = [str(omission) for omission in found.left_out]
    assert told == ["2 objects without an outline that can be drawn (line 1 of 0.jpg)"]


def test_boxes_alone_are_not_for_segmentation(tmp_path: Path):
    write(tmp_path, "0 0.5 0.5 0.2 0.2\n")
    with pytest.raises(ValueError, match="boxes are for detection"):
        yolo_masks.read(tmp_path, SEGMENTATION)
