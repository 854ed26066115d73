"""Readers give an image's content and pixels, and keys that depend on the content alone."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.progress import Progress
from iclip.text.class_texts import read_class_texts
from iclip.zeroshot.classification_suites import own_set
from iclip.zeroshot.image_readers import ImageArrays, ImageFiles, content_keys, read_image


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 4, 6, 3), dtype=np.uint8)


def test_arrays_are_read_as_they_are():
    pixels = noise(3)
    images = ImageArrays(pixels)
    assert all(np.array_equal(read_image(images, i), pixels[i]) for i in range(3))


def test_files_are_read_as_pillow_reads_them(photos: Path):
    files = sorted(photos.rglob("*.png"))
    images = ImageFiles(files, photos)
    assert images.name(7) == "n2/2.png"
    for number, file in enumerate(files):
        assert np.array_equal(read_image(images, number), Image.open(file))


@pytest.mark.parametrize("numbers", [None, [599, 0, 256, 0]])
def test_keys_come_in_order_from_all_threads(numbers: list[int] | None):
    """More images than are hashed at a time."""
    pixels = noise(600)
    asked = range(600) if numbers is None else numbers
    progress = Progress("hashing", len(asked), say=lambda line: None)
    keys = list(content_keys(ImageArrays(pixels), numbers, progress))
    assert keys == [hashlib.sha256(pixels[i].tobytes()).digest() for i in asked]
    assert progress.done == len(asked)


def test_keys_of_unreadable_files_are_none(photos: Path, table: Path):
    reader = own_set(photos, read_class_texts(table)).reader
    (photos / "n1/1.png").unlink()
    keys = list(content_keys(reader))
    assert [i for i, key in enumerate(keys) if key is None] == [1]
    assert len(set(keys)) == 15
