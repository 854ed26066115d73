"""Word maps against label maps, counted pixel by pixel."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iclip.dense.label_map_scores import find_label_maps, read_label_map, score_label_maps
from iclip.dense.word_map import WordMap


class Constant:
    """Names the left half of each image the first word, and the rest a background."""

    words = ("a", "b")

    def word_map(self, image: np.ndarray) -> WordMap:
        labels = np.full(image.shape[:2], 2)
        labels[:, : image.shape[1] // 2] = 0
        return WordMap(labels, np.ones(image.shape[:2], np.float32))


def write(folder: Path, name: str, pixels: np.ndarray) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(folder / name)
    return folder / name


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    pixels = np.zeros((4, 6, 3))
    return [write(tmp_path / "images", name, pixels) for name in ("x.JPG", "y 1.png")]


def test_pixels_are_counted_by_the_number_of_the_word(images: list[Path], tmp_path: Path) -> None:
    drawn = np.array([[0, 1, 1, 1, 2, 2], [9, 2, 1, 2, 2, 255], [1] * 6, [2] * 6])
    write(tmp_path / "maps/deep", "x.png", drawn)
    write(tmp_path / "maps", "y 1.PNG", drawn)
    (tmp_path / "maps/._x.png").touch()
    maps = find_label_maps(images, tmp_path / "maps")
    scorer: Any = Constant()
    counts = score_label_maps(scorer, maps, first_number=1)
    # 1 is "a", 2 is "b"; 0, 9 and 255 are not counted; a background is wrong.
    left = drawn[:, :3]
    assert counts.true.tolist() == [2 * (drawn == 1).sum(), 2 * (drawn == 2).sum()]
    assert counts.right.tolist() == [2 * (left == 1).sum(), 0]
    assert counts.predicted.tolist() == [2 * ((left == 1) | (left == 2)).sum(), 0]


def test_mistake_is_said(images: list[Path], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"--label-maps .*absent is not a folder"):
        find_label_maps(images, tmp_path / "absent")
    write(tmp_path / "maps", "x.png", np.zeros((4, 6)))
    with pytest.raises(ValueError, match=r"lacks the maps of 1 of 2 images: .*y 1.png. A map has"):
        find_label_maps(images, tmp_path / "maps")
    write(tmp_path / "maps/other", "x.bmp", np.zeros((4, 6)))
    with pytest.raises(ValueError, match=r"holds two maps of one name, .*x.*: name the folder of"):
        find_label_maps(images[:1], tmp_path / "maps")


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((4, 6, 3)), "x.png cannot be read: its pixels are RGB, and a number of each"),
        (np.zeros((6, 4)), r"label map .*x.png has 4 x 6 pixels, and .*x.JPG has 6 x 4"),
    ],
)
def test_map_that_does_not_fit_is_refused(
    pixels: np.ndarray, message: str, images: list[Path], tmp_path: Path
) -> None:
    path = write(tmp_path / "maps", "x.png", pixels)
    scorer: Any = Constant()
    with pytest.raises(ValueError, match=message):
        score_label_maps(scorer, {images[0]: path}, 0)


def test_damaged_files_are_named(images: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(b"\x89PNG not")
    with pytest.raises(ValueError, match=r"label map .*x.png cannot be read: cannot identify"):
        read_label_map(path)
    images[0].write_bytes(b"\xff\xd8 broken")
    scorer: Any = Constant()
    with pytest.raises(ValueError, match=r"x.JPG cannot be decoded"):
        score_label_maps(scorer, {images[0]: path}, 0)
