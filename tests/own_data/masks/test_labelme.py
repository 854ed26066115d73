"""LabelMe's files, as its program writes them and with what people do to them."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iclip.own_data.masks import labelme
from iclip.tasks import SEGMENTATION
from tests.support.mask_folders import write_image

WIDTH, HEIGHT = 40, 30


def shape(label: str, points: list, kind: str = "polygon") -> dict[str, Any]:
    return dict(
        label=label, points=points, group_id=None, description="", shape_type=kind, flags={}
    )


def write(root: Path, name: str, *shapes: dict[str, Any], image: str | None = None) -> None:
    """Write an image and its file."""
    image = image or f"{Path(name).name}.jpg"
    write_image(root / f"{name}.jpg", (WIDTH, HEIGHT))
    content = dict(
        version="5.4.1", flags={}, shapes=shapes, imagePath=image, imageData=None,
        imageHeight=HEIGHT, imageWidth=WIDTH,
    )  # fmt: skip
    (root / f"{name}.json").write_text(json.dumps(content))


SQUARE = [[5.0, 5.0], [15.0, 5.0], [15.0, 15.0], [5.0, 15.0]]


def test_shapes_become_labels(tmp_path: Path):
    write(
        tmp_path,
        "a",
        shape("dog", SQUARE),
        shape("cat", [[30, 20], [20, 10]], "rectangle"),
        shape("__ignore__", [[0, 0], [4, 0], [4, 4], [0, 4]]),
        shape("_background_", [[7, 7], [9, 7], [9, 9], [7, 9]]),
    )
    write(tmp_path, "b", image="..\\elsewhere\\b.jpg")
    assert labelme.signs(tmp_path) == "a.json"
    found = labelme.read(tmp_path, SEGMENTATION)
    assert found.classes == ("background", "cat", "dog")
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[5:15, 5:15] = 2
    expected[7:9, 7:9] = 0
    expected[10:20, 20:30] = 1
    expected[:4, :4] = 255
    first, second = found.parts["train"]
    assert (first.mask.label_map() == expected).all()
    assert first.class_labels == (0, 1, 2)
    assert second.file == f"{tmp_path}/b.jpg"
    assert not second.mask.label_map().any()


def test_brushed_masks_become_labels(tmp_path: Path):
    drawn = np.zeros((6, 5), bool)
    drawn[1:4, 2:] = True
    buffer = io.BytesIO()
    Image.fromarray(drawn).save(buffer, "PNG")
    brushed = shape("cat", [[3.0, 4.0], [7.0, 9.0]], "mask")
    brushed["mask"] = base64.b64encode(buffer.getvalue()).decode()
    damaged = shape("cat", [[3.0, 4.0], [7.0, 9.0]], "mask") | dict(mask="damaged")
    write(tmp_path, "a", brushed, shape("dog", SQUARE))
    write(tmp_path, "b", *[shape("dog", SQUARE)] * 20, damaged)
    found = labelme.read(tmp_path, SEGMENTATION)
    labels = found.parts["train"][0].mask.label_map()
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[5:15, 5:15] = 2
    expected[5:8, 5:8] = 1
    np.testing.assert_array_equal(labels, expected)
    assert any("mask 21 of b.json" in str(omission) for omission in found.left_out)


def test_circle_has_its_area(tmp_path: Path):
    write(tmp_path, "a", shape("ball", [[20, 15], [20, 5]], "circle"))
    (sample,) = labelme.read(tmp_path, SEGMENTATION).parts["train"]
    assert np.count_nonzero(sample.mask.label_map()) == pytest.approx(np.pi * 100, rel=0.03)


def test_folders_say_the_part(tmp_path: Path):
    write(tmp_path, "train/a", shape("dog", SQUARE))
    write(tmp_path, "val/b", shape("dog", SQUARE))
    found = labelme.read(tmp_path, SEGMENTATION)
    assert {part: len(samples) for part, samples in found.parts.items()} == {"train": 1, "val": 1}


def test_what_cannot_be_drawn_is_counted(tmp_path: Path):
    write(tmp_path, "a", shape("dog", SQUARE), shape("dog", [[1, 1]], "point"))
    (tmp_path / "other.json").write_text("{}")
    found = labelme.read(tmp_path, SEGMENTATION)
    assert {str(omission) for omission in found.left_out} == {
        "1 object without an outline that can be drawn (point 2 of a.json)",
        f"1 JSON file without shapes ({tmp_path}/other.json)",
    }


@pytest.mark.parametrize(
    ("shapes", "told"),
    [
        ([shape("", SQUARE)], r"a\.json: shape 1 has no label"),
        ([shape("dog", [[1, 1], [5, 5]], "line")], "has no object with an outline, such as line 1"),
        ([shape("dog", None)], "has no object with an outline"),
        (["x"], "shapes is not a list of objects"),
    ],
)
def test_shapes_that_say_nothing_are_refused(shapes: list, told: str, tmp_path: Path):
    write(tmp_path, "a", *shapes)
    with pytest.raises(ValueError, match=told):
        labelme.read(tmp_path, SEGMENTATION)


def test_other_folders_have_no_signs(tmp_path: Path):
    (tmp_path / "instances.json").write_text('{"images": [], "annotations": []}')
    assert labelme.signs(tmp_path) is None
    assert labelme.signs(tmp_path / "instances.json") is None
