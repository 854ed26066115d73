"""Pictures of retrieval show the images in the order of their similarity."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from PIL import Image
from torch import Tensor

from iclip.zeroshot.image_readers import ImageFiles
from iclip.zeroshot.retrieval_pictures import RIGHT, draw_examples
from iclip.zeroshot.retrieval_sets import CaptionedImages


@pytest.fixture
def images(photos: Path) -> CaptionedImages:
    files = sorted(photos.rglob("*.png"))
    captions = tuple((f"caption ${number}", "another") for number in range(len(files)))
    return CaptionedImages(ImageFiles(files, photos), captions, photos / "captions.json")


def on_the_circle(angles: list[float]) -> Tensor:
    return torch.tensor([[math.cos(angle), math.sin(angle)] for angle in angles])


def has_color(picture: np.ndarray, color: str) -> bool:
    """Whether at least a line of pixels has the color, within the losses of JPEG."""
    distance = np.abs(picture / 255 - np.array(to_rgb(color))).max(axis=2)
    return int((distance < 0.12).sum()) > 100


def test_place_of_the_right_image_is_said(images: CaptionedImages, tmp_path: Path):
    """Seven images on a quarter circle; the second caption lies with the fourth image."""
    angles = [0.2 * number for number in range(7)]
    asked = on_the_circle([0.0, 0.61, 0.4, 0.6, 0.8, 1.0, -1.0])
    numbers = [14, 0, 1, 2, 3, 4, 5]
    draw_examples(images, numbers, on_the_circle(angles), asked, tmp_path / "pictures", count=7)
    said = json.loads((tmp_path / "pictures/predictions.json").read_text())
    assert said["text_to_image_000014.jpg"] == {
        "labels": ["caption $14: the right image is number 1"]
    }
    # From 0.61 the nearest are 0.6, 0.8, 0.4, 1.0 and 0.2.
    assert said["text_to_image_000000.jpg"] == {
        "labels": ["caption $0: the right image is number 5"]
    }
    assert said["text_to_image_000005.jpg"] == {"labels": ["caption $5: not among the first 5"]}


@pytest.mark.parametrize(("angle", "is_found"), [(0.0, True), (1.2, False)])
def test_right_image_has_a_frame_of_its_own(
    angle: float, is_found: bool, images: CaptionedImages, tmp_path: Path
):
    for file in images.reader.files:
        Image.new("RGB", (40, 40), "white").save(file)
    asked = on_the_circle([angle] * 7)
    embeds = on_the_circle([0.2 * number for number in range(7)])
    draw_examples(images, list(range(7)), embeds, asked, tmp_path, count=1)
    picture = np.asarray(Image.open(tmp_path / "text_to_image_000000.jpg"))
    assert has_color(picture, RIGHT) == is_found


@pytest.mark.parametrize(("count", "shown"), [(3, [0, 2, 4]), (99, [0, 1, 2, 3, 4])])
def test_captions_are_spread_evenly(
    count: int, shown: list[int], images: CaptionedImages, tmp_path: Path
):
    embeds = on_the_circle([0.1 * number for number in range(5)])
    draw_examples(images, list(range(5)), embeds, embeds, tmp_path, count=count)
    drawn = sorted(path.name for path in tmp_path.glob("*.jpg"))
    assert drawn == [f"text_to_image_{number:06}.jpg" for number in shown]
