from pathlib import Path

import pytest

from iclip.own_data.format import ReadParts
from iclip.own_data.yolo import detection as yolo
from iclip.tasks import DETECTION
from tests.support.own_data_files import HEIGHT, WIDTH, write_yolo_folder


def read(root: Path, lines: str, description: str | None = None) -> ReadParts:
    write_yolo_folder(root, {"train/a": lines, "val/b": "0 .5 .5 .5 .5"}, description)
    return yolo.read(root, DETECTION)


def test_shares_become_pixels(tmp_path: Path) -> None:
    found = read(tmp_path, "1 0.5 0.25 0.25 0.5\n0 0.75 0.5 0.5 1\n")
    (sample,) = found.parts["train"]
    assert found.classes == ("cat", "dog")
    assert sample.boxes.tolist() == [
        [(0.5 - 0.125) * WIDTH, 0, 0.25 * WIDTH, 0.5 * HEIGHT],
        [0.5 * WIDTH, 0, 0.5 * WIDTH, HEIGHT],
    ]
    assert sample.labels.tolist() == [1, 0]
    assert sample.areas.tolist() == [16 * 24, 32 * 48]
    assert not sample.crowd.any()


def test_boxes_are_drawn_around_polygons(tmp_path: Path) -> None:
    found = read(tmp_path, "0 0.25 0.5 0.75 0.25 0.5 1\n1 .5 .5 .2 .2")
    (sample,) = found.parts["train"]
    assert sample.boxes[0].tolist() == [0.25 * WIDTH, 0.25 * HEIGHT, 0.5 * WIDTH, 0.75 * HEIGHT]
    assert "train: 1 polygon: the upright box around each one" in found.notes


def test_oriented_boxes_are_said(tmp_path: Path) -> None:
    found = read(tmp_path, "0 .5 .25 .75 .5 .5 .75 .25 .5\n" + "0 .1 .1 .2 .1 .2 .2 .1 .2\n")
    assert "train: 2 oriented boxes: the upright box around each one" in found.notes


def test_key_points_are_said(tmp_path: Path) -> None:
    text = "train: images/train\nval: images/val\nnames: [person]\nkpt_shape: [1, 3]"
    found = read(tmp_path, "0 .5 .5 .2 .2 .5 .5 2", text)
    assert "key points after the boxes are not read" in found.notes
    assert len(found.parts["train"][0].boxes) == 1


def test_names_that_occur_twice_are_one_class(tmp_path: Path) -> None:
    text = "train: images/train\nval: images/val\nnames: [cat, dog, ' cat']"
    found = read(tmp_path, "2 .5 .5 .2 .2", text)
    assert found.classes == ("cat", "dog")
    assert found.parts["train"][0].class_labels == [0]


@pytest.mark.parametrize("line", ["0 320 240 100 50", "0 .5 .5 64 48"])
def test_pixels_in_the_place_of_shares_are_an_error(line: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"in shares of the image.*are they in pixels"):
        read(tmp_path, f"{line}\n{line[:-1]}1\n")


def test_sign_is_the_description(tmp_path: Path) -> None:
    assert yolo.signs(tmp_path) is None
    write_yolo_folder(tmp_path, {"train/a": ""})
    assert yolo.signs(tmp_path) == yolo.signs(tmp_path / "data.yaml") == "data.yaml"
