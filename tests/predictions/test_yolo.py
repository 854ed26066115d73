"""Predictions as YOLO's label files, read by the format's formula."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from pycocotools import mask as coco_masks

from iclip.predictions.yolo import as_yolo, write_yolo
from tests.support.made_predictions import CLASSES, boxes, segments


def corners(line: str, width: int, height: int) -> list[float]:
    """A line's box in pixels: x1, y1, x2, y2."""
    _, x, y, w, h = map(float, line.split()[:5])
    return [(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height]


def test_lines_have_centers_and_sides_relative_to_the_image():
    text = as_yolo([boxes()])["a b"]
    assert text.splitlines()[0] == "2 0.175000 0.500000 0.250000 0.600000"
    found = [corners(line, 200, 100) for line in text.splitlines()]
    np.testing.assert_allclose(found, boxes().boxes, atol=1e-3)


def test_scores_are_appended_if_asked_for():
    lines = as_yolo([boxes()], scores=True)["a b"].splitlines()
    assert [line.split()[5] for line in lines] == ["0.900000", "0.250000"]
    assert {len(line.split()) for line in as_yolo([boxes()])["a b"].splitlines()} == {5}


def test_polygons_cover_the_masks():
    lines = as_yolo([segments()])["b"].splitlines()
    assert [int(line.split()[0]) for line in lines] == [1, 0]
    for line, mask in zip(lines, segments().masks, strict=True):
        points = np.array(line.split()[1:], dtype=float).reshape(-1, 2)
        assert points.min() >= 0 and points.max() <= 1
        codes = coco_masks.frPyObjects([(points * (60, 40)).reshape(-1).tolist()], 40, 60)
        drawn = coco_masks.decode(coco_masks.merge(codes)).astype(bool)
        assert (drawn & mask).sum() / (drawn | mask).sum() > 0.95


def test_image_without_boxes_has_an_empty_file():
    assert as_yolo([boxes().above(1.0)]) == {"a b": ""}


def test_folder_is_a_data_set(tmp_path: Path):
    image = tmp_path / "in/a b.JPG"
    image.parent.mkdir()
    Image.new("RGB", (200, 100)).save(image, "JPEG")
    names = ("cat", 'quoted "x"', "colon: # é", "no", "a 🦊 " * 20)
    frame = boxes(file=tmp_path / "in/c.mp4", seconds=1.0, title="c_1")
    root = write_yolo([boxes(file=image), frame], names, tmp_path / "out")
    content = yaml.safe_load((root / "data.yaml").read_text(encoding="utf-8"))
    assert content["names"] == dict(enumerate(names))
    assert (root / content["train"]).is_dir()
    # Labels lie where a reader looks: images -> labels, the suffix -> .txt.
    assert {file.name for file in (root / "images").iterdir()} == {"a b.jpg"}
    assert {file.name for file in (root / "labels").iterdir()} == {"a b.txt", "c_1.txt"}
    assert (root / "images/a b.jpg").read_bytes() == image.read_bytes()
    assert (root / "labels/a b.txt").read_text() == as_yolo([boxes()])["a b"]


def test_folder_may_be_written_again(tmp_path: Path):
    image = tmp_path / "a b.jpg"
    Image.new("RGB", (200, 100)).save(image)
    for _ in range(2):
        root = write_yolo([boxes(file=image)], CLASSES, tmp_path / "out")
    assert len(list(root.rglob("*.*"))) == 3


@pytest.mark.parametrize("size", [(1, 1), (3000, 2)])
def test_box_of_a_whole_image_is_one(size: tuple[int, int]):
    whole = np.array([[0, 0, *size], [0, 0, *size]], dtype=np.float32)
    text = as_yolo([boxes(boxes=whole, size=size)])["a b"]
    assert text.splitlines()[1] == "0 0.500000 0.500000 1.000000 1.000000"
