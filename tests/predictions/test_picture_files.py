"""Drawings are written in the format of their suffix."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.predictions.picture_files import is_picture_name, write_picture


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.png", "a.webp"])
def test_suffix_decides_the_format(name: str, tmp_path: Path):
    write_picture(np.full((4, 6, 3), 100, dtype=np.uint8), tmp_path / name)
    with Image.open(tmp_path / name) as picture:
        assert picture.size == (6, 4)
        assert abs(picture.convert("RGB").getpixel((0, 0))[0] - 100) <= 2


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_numbers_come_back(kind: type, tmp_path: Path):
    numbers = np.arange(12, dtype=kind).reshape(3, 4) * (255 if kind is np.uint16 else 1)
    write_picture(numbers, tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), numbers)


@pytest.mark.parametrize("name", ["a", "a.txt", "a."])
def test_other_suffixes_are_refused(name: str, tmp_path: Path):
    with pytest.raises(ValueError, match=r"has no suffix of a format of images; take \.jpg"):
        write_picture(np.zeros((4, 6, 3), dtype=np.uint8), tmp_path / name)
    assert not is_picture_name(name)
