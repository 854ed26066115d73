"""One image that cannot be read is named, and the others are decoded as without it."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from iclip.zeroshot.image_readers import ImageFiles
from iclip.zeroshot.readable_images import DecodedImages, stack_readable


def as_tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


@pytest.fixture
def files(photos: Path) -> list[Path]:
    """Four images: the second is damaged, and the fourth is not there."""
    files = sorted(photos.rglob("*.png"))[:4]
    files[1].write_bytes(files[1].read_bytes()[:100])
    files[3].unlink()
    return files


@pytest.fixture
def images(files: list[Path], photos: Path) -> DecodedImages:
    return DecodedImages(ImageFiles(files, photos), as_tensor)


def test_batch_holds_the_readable_images_in_their_order(images: DecodedImages, files: list[Path]):
    batch = stack_readable([images[number] for number in (2, 1, 0, 3)])
    expected = [as_tensor(Image.open(files[number])) for number in (2, 0)]
    assert batch.images is not None
    assert torch.equal(batch.images, torch.stack(expected))


def test_keys_are_those_of_the_files(images: DecodedImages, files: list[Path]):
    batch = stack_readable([images[number] for number in range(4)])
    assert batch.keys == {i: hashlib.sha256(files[i].read_bytes()).digest() for i in (0, 2)}


def test_missing_is_told_from_damaged(images: DecodedImages):
    unread = stack_readable([images[number] for number in range(4)]).unread
    assert {number: why.is_missing for number, why in unread.items()} == {1: False, 3: True}
    assert unread[1].reason.startswith("n1/1.png (")
    assert unread[3].reason == "n1/3.png (no such file)"


def test_reason_is_one_line(files: list[Path], photos: Path):
    def fail(image: Image.Image) -> Tensor:
        raise RuntimeError("no memory\nand much more")

    unread = DecodedImages(ImageFiles(files, photos), fail)[0].unread
    assert unread is not None
    assert unread.reason == "n1/0.png (no memory)"


def test_batch_without_a_readable_image_has_no_tensor(images: DecodedImages):
    assert stack_readable([images[1], images[3]]).images is None
