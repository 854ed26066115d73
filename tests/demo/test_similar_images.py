"""Similar images are those whose features point in nearly the same direction."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from iclip.demo.similar_images import SimilarImages, unit_rows
from iclip.zeroshot.cached_embeddings import NothingReadable
from iclip.zeroshot.embedding_model import POOLED, ImageTextEmbedder

COLORS = {"red": (250, 10, 10), "rose": (240, 60, 70), "green": (10, 240, 20), "night": (5, 5, 60)}


class MeanColor(nn.Module):
    """Features of an image that a person can work out: its mean color."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def encode_image(self, images: Tensor) -> Tensor:
        return self.scale * images.mean((2, 3))  # B, 3, H, W -> B, 3


def as_tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image.resize((4, 4)), dtype=np.float32)).permute(2, 0, 1)


@pytest.fixture
def model() -> ImageTextEmbedder:
    return ImageTextEmbedder("colors", MeanColor(), as_tensor, None, 4, 4, features=POOLED)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    (tmp_path / "images").mkdir()
    paths = [tmp_path / f"images/{name}.png" for name in COLORS]
    for path in paths:
        Image.new("RGB", (8, 6), COLORS[path.stem]).save(path)
    return paths


def cosine(first: tuple[int, ...], second: tuple[int, ...]) -> float:
    product = sum(a * b for a, b in zip(first, second, strict=True))
    return product / (sum(a * a for a in first) * sum(b * b for b in second)) ** 0.5


@pytest.mark.parametrize("asked", COLORS)
def test_order_and_similarity_are_those_of_the_cosine(
    asked: str, model: ImageTextEmbedder, files: list[Path], tmp_path: Path
) -> None:
    similar = SimilarImages(model, files, tmp_path / "cache")
    found = similar.find(Image.new("RGB", (3, 3), COLORS[asked]), count=3)
    expected = sorted(COLORS, key=lambda name: -cosine(COLORS[asked], COLORS[name]))[:3]
    assert [one.file.stem for one in found] == expected
    for one in found:
        assert one.similarity == pytest.approx(cosine(COLORS[asked], COLORS[one.file.stem]))


def test_brightness_does_not_count(
    model: ImageTextEmbedder, files: list[Path], tmp_path: Path
) -> None:
    similar = SimilarImages(model, files, tmp_path / "cache")
    (found,) = similar.find(Image.new("RGB", (3, 3), (50, 2, 2)), count=1)
    assert found.file.stem == "red" and found.similarity == pytest.approx(1)


def test_damaged_image_is_left_out_and_named(
    model: ImageTextEmbedder, files: list[Path], tmp_path: Path
) -> None:
    files[0].write_bytes(b"not an image")
    similar = SimilarImages(model, files, tmp_path / "cache")
    assert similar.files == files[1:]
    (reason,) = similar.left_out
    assert "red.png" in reason
    assert len(similar.find(Image.new("RGB", (3, 3), COLORS["red"]), count=9)) == 3


def test_nothing_readable_is_an_error(model: ImageTextEmbedder, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(NothingReadable, match=r"none of 1 images could be read: a\.png"):
        SimilarImages(model, [tmp_path / "a.png"], tmp_path / "cache")


def test_row_of_zeros_is_similar_to_nothing() -> None:
    rows = unit_rows(np.array([[0, 0], [3, 4]], dtype=np.float32))
    assert rows.tolist() == [[0, 0], [pytest.approx(0.6), pytest.approx(0.8)]]
