"""Predictions as FiftyOne imports them: relative to the sides, in [0, 1]."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.predictions.fiftyone import as_fiftyone, write_fiftyone
from tests.support.made_predictions import CLASSES, boxes, clip, label_map, segments


def test_boxes_are_relative_to_the_sides():
    content = as_fiftyone([boxes(file=Path("/data/a.jpg"))], CLASSES)
    assert content["classes"] == list(CLASSES)
    first, second = content["labels"]["/data/a.jpg"]
    assert first["bounding_box"] == [0.05, 0.2, 0.25, 0.6]
    assert (first["label"], first["confidence"]) == (2, 0.9)
    x, y, width, height = second["bounding_box"]
    found = np.array([x, y, x + width, y + height]) * (200, 100, 200, 100)
    np.testing.assert_allclose(found, boxes().boxes[1], atol=1e-3)


def test_image_has_its_likeliest_class():
    content = as_fiftyone([clip(file=Path("/data/a.jpg"))], CLASSES)
    assert content["labels"] == {"/data/a.jpg": {"label": 1, "confidence": 0.7, "attributes": {}}}


def test_image_without_boxes_has_an_empty_list():
    assert as_fiftyone([boxes(file=None).above(1.0)], CLASSES)["labels"] == {"a b": []}


def test_every_label_of_the_folder_has_its_image_beside_it(tmp_path: Path):
    image = tmp_path / "A b.JPG"
    image.write_bytes(b"pixels")
    made = [boxes(file=image, title="A b.JPG"), boxes(file=Path("c.mp4"), seconds=1.0, title="c 1")]
    root = write_fiftyone(made, CLASSES, tmp_path)
    content = json.loads((root / "labels.json").read_text())
    # FiftyOne's importer: the images of data/ by their names without suffix.
    images = {file.stem: file.read_bytes() for file in (root / "data").iterdir()}
    assert images == {"A b.JPG": b"pixels"} and set(content["labels"]) == set(images)
    expected = as_fiftyone(made, CLASSES)["labels"]
    assert content["labels"]["A b.JPG"] == expected[str(image.resolve())]
    assert content["without_image"] == {"c 1": expected["c 1"]}


def test_mask_without_an_image_lies_apart(tmp_path: Path):
    image = tmp_path / "b.png"
    Image.new("RGB", (60, 40)).save(image)
    made = [segments(file=image), segments(file=None, title="array")]
    root = write_fiftyone(made, CLASSES, tmp_path)
    assert [file.name for file in (root / "labels").iterdir()] == ["b.png"]
    assert [file.name for file in (root / "labels_without_image").iterdir()] == ["array.png"]


@pytest.mark.parametrize("count", [3, 300])
def test_classes_of_pixels_are_masks_beside_their_images(count: int, tmp_path: Path):
    image = tmp_path / "b.png"
    Image.new("RGB", (60, 40)).save(image)
    classes = CLASSES + tuple(f"class {number}" for number in range(3, count))
    root = write_fiftyone([segments(file=image, classes=classes)], classes, tmp_path)
    mask = np.asarray(Image.open(root / "labels/b.png"))
    np.testing.assert_array_equal(mask, label_map() + 1)
    assert (root / "data/b.png").read_bytes() == image.read_bytes()
    targets = json.loads((root / "mask_targets.json").read_text())
    assert targets["2"] == "dog" and len(targets) == count
