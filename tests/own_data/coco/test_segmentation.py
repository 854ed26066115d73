"""COCO's polygons as masks: the same pixels as pycocotools' own reader draws."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from iclip.own_data.coco import segmentation as coco_masks
from iclip.tasks import SEGMENTATION
from tests.support.mask_folders import write_image

WIDTH, HEIGHT = 40, 30


def content(count: int = 3) -> dict[str, Any]:
    """Two objects per image, which overlap; ids with gaps, categories not in the order of ids."""
    images = [
        dict(id=10 * i, file_name=f"{i}.jpg", width=WIDTH, height=HEIGHT) for i in range(count)
    ]
    annotations = []
    for i in range(count):
        for number, (category, size) in enumerate(((7, 20), (3, 6))):
            left, top = 2 + i, 3
            right, bottom = left + size, top + size
            polygon = [left, top, right, top, right, bottom, left, bottom]
            annotations.append(
                dict(id=100 * i + number, image_id=10 * i, category_id=category, iscrowd=0)
                | dict(segmentation=[polygon], bbox=[left, top, size, size], area=size * size)
            )
    categories = [dict(id=7, name="person"), dict(id=3, name="hat")]
    return dict(images=images, annotations=annotations, categories=categories)


def write(root: Path, described: dict[str, Any]) -> Path:
    for image in described["images"]:
        write_image(root / f"train/{image['file_name']}", (WIDTH, HEIGHT))
    file = root / "annotations/instances_train.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(described))
    return file


def test_pixels_are_those_of_pycocotools(tmp_path: Path):
    file = write(tmp_path, content())
    assert coco_masks.signs(tmp_path) == "instances_train.json"
    found = coco_masks.read(tmp_path, SEGMENTATION)
    assert found.classes == ("background", "person", "hat")
    theirs = COCO(str(file))
    label_of = {7: 1, 3: 2}
    for image_id, sample in zip((0, 10, 20), found.parts["train"], strict=True):
        expected = np.zeros((HEIGHT, WIDTH), np.uint8)
        annotations = theirs.loadAnns(theirs.getAnnIds(image_id))
        for annotation in sorted(annotations, key=lambda entry: -entry["area"]):
            pixels = theirs.annToMask(annotation).astype(bool)
            expected[pixels] = label_of[annotation["category_id"]]
        assert (sample.mask.label_map() == expected).all()
        assert sample.class_labels == (0, 1, 2)
        assert sample.mask.in_place is None


def test_boxes_alone_are_not_for_segmentation(tmp_path: Path):
    described = content()
    for annotation in described["annotations"]:
        annotation["segmentation"] = []
    write(tmp_path, described)
    with pytest.raises(ValueError, match="boxes are for detection"):
        coco_masks.read(tmp_path, SEGMENTATION)


def test_object_without_outline_is_counted(tmp_path: Path):
    described = content()
    described["annotations"][1]["segmentation"] = [[0, 0, 1, 1]]
    write(tmp_path, described)
    found = coco_masks.read(tmp_path, SEGMENTATION)
    assert [str(omission) for omission in found.left_out] == [
        "1 object without an outline that can be drawn (annotation 1 of 0.jpg)"
    ]
    assert found.parts["train"][0].class_labels == (0, 1)


def test_outlines_drawn_on_stored_pixels_are_turned(tmp_path: Path):
    described = content()
    write(tmp_path, described)
    exif = Image.Exif()
    exif[0x0112] = 8
    write_image(tmp_path / "train/1.jpg", (WIDTH, HEIGHT), exif=exif)
    found = coco_masks.read(tmp_path, SEGMENTATION)
    first, turned, _ = found.parts["train"]
    assert (turned.width, turned.height) == (HEIGHT, WIDTH)
    # The second image's objects lie a pixel to the right of the first one's.
    shifted = np.roll(first.mask.label_map(), 1, axis=1)
    assert (turned.mask.label_map() == np.rot90(shifted)).all()
