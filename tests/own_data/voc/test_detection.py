from pathlib import Path

import pytest

from iclip.own_data.voc import detection as voc
from iclip.tasks import DETECTION
from tests.support.own_data_files import Box, voc_xml, write_image, write_voc_folder

FILLER: dict[str, list[tuple[str, Box]]] = {f"{n:02}": [("dog", (1, 1, 20, 20))] for n in range(20)}


def test_a_box_covers_its_first_and_its_last_pixel(tmp_path: Path) -> None:
    # From the first to the last pixel of an image of 64 x 48.
    write_voc_folder(tmp_path, {"a": [("dog", (1, 1, 64, 48)), ("cat", (11, 21, 30, 40))]})
    read = voc.read(tmp_path, DETECTION)
    (sample,) = read.parts["train"]
    assert read.classes == ("cat", "dog")
    assert sample.boxes.tolist() == [[0, 0, 64, 48], [10, 20, 20, 20]]
    assert sample.labels.tolist() == [1, 0]
    assert any("count from 1" in note for note in read.notes)


@pytest.mark.parametrize("box", [(0, 5, 10, 20), (5, 0, 10, 20), (1.5, 5, 10, 20)])
def test_coordinates_of_edges_are_taken_as_they_are(box: Box, tmp_path: Path) -> None:
    write_voc_folder(tmp_path, {"a": [("dog", box), ("dog", (1, 1, 64, 48))]})
    read = voc.read(tmp_path, DETECTION)
    left, top, right, bottom = box
    assert read.parts["train"][0].boxes.tolist() == [
        [left, top, right - left, bottom - top],
        [1, 1, 63, 47],
    ]
    assert any("count from 0" in note for note in read.notes)


def test_a_coordinate_that_is_not_a_number_does_not_decide(tmp_path: Path) -> None:
    odd: Box = (float("nan"), 1, 20, 20)
    write_voc_folder(tmp_path, {**FILLER, "a": [("dog", odd), ("dog", (1, 1, 64, 48))]})
    read = voc.read(tmp_path, DETECTION)
    (sample,) = (s for s in read.parts["train"] if s.file.endswith("a.jpg"))
    assert sample.boxes.tolist() == [[0, 0, 64, 48]]


def test_difficult_objects_are_not_learned(tmp_path: Path) -> None:
    write_voc_folder(tmp_path, {"a": [("dog", (1, 1, 20, 20)), ("cat", (2, 2, 20, 20))]})
    file = tmp_path / "Annotations/a.xml"
    file.write_text(file.read_text().replace("<difficult>0", "<difficult>1", 1))
    read = voc.read(tmp_path, DETECTION)
    (sample,) = read.parts["train"]
    assert sample.crowd.tolist() == [True, False]
    assert sample.class_labels == [0]
    assert "1 box difficult: neither learned nor counted as missed" in read.notes


def test_an_image_without_objects_stays(tmp_path: Path) -> None:
    write_voc_folder(tmp_path, {"a": [("dog", (1, 1, 20, 20))], "b": []})
    assert [len(s.boxes) for s in voc.read(tmp_path, DETECTION).parts["train"]] == [1, 0]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<annotation>", "annotations that cannot be read"),
        ("<annotation><object><name>cat</name></object></annotation>",
         "objects without a name or bndbox"),
        (voc_xml("", [], (10, 10)), "images of another size than their annotation says"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_left_out(text: str, what: str, tmp_path: Path) -> None:
    write_voc_folder(tmp_path, {**FILLER, "a": []})
    (tmp_path / "Annotations/a.xml").write_text(text)
    read = voc.read(tmp_path, DETECTION)
    (omission,) = read.left_out
    assert (omission.what, omission.count) == (what, 1)
    assert sum(len(sample.boxes) for sample in read.parts["train"]) == 20


def test_a_missing_image_is_left_out(tmp_path: Path) -> None:
    write_voc_folder(tmp_path, {**FILLER, "a": []})
    (tmp_path / "JPEGImages/a.jpg").unlink()
    (omission,) = voc.read(tmp_path, DETECTION).left_out
    assert (omission.what, omission.count) == ("annotations without their image", 1)


def test_boxes_on_stored_pixels_are_turned(tmp_path: Path) -> None:
    write_voc_folder(tmp_path, {"a": [("dog", (2, 3, 31, 6))]})
    write_image(tmp_path / "JPEGImages/a.jpg", orientation=6)
    (sample,) = voc.read(tmp_path, DETECTION).parts["train"]
    assert (sample.width, sample.height) == (48, 64)
    # From (1, 2) of 30 x 4 in the stored pixels.
    assert sample.boxes.tolist() == [[48 - 2 - 4, 1, 4, 30]]


def test_sign_is_an_annotation(tmp_path: Path) -> None:
    assert voc.signs(tmp_path) is None
    write_voc_folder(tmp_path, {"a": []})
    assert voc.signs(tmp_path) == "Annotations/a.xml"
