"""An evaluation whose embeddings are not finite is an error that says how many and whose."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from iclip.text.class_texts import read_class_texts
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.classification import evaluate_set
from iclip.zeroshot.classification_suites import own_set
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.retrieval import evaluate_retrieval
from iclip.zeroshot.retrieval_sets import read_captions
from tests.zeroshot.test_cached_embeddings import caption_file


class NotFinite(nn.Module):
    """A network that answers some of the images, or all texts, with NaN."""

    def __init__(self, network: nn.Module, bright: float, texts: bool = False) -> None:
        super().__init__()
        self.network, self.bright, self.texts = network, bright, texts

    def encode_image(self, images: Tensor) -> Tensor:
        rows = self.network.encode_image(images)
        return rows.masked_fill(images.amax(dim=(1, 2, 3))[:, None] < self.bright, torch.nan)

    def encode_text(self, ids: Tensor) -> Tensor:
        rows = self.network.encode_text(ids)
        return rows * torch.nan if self.texts else rows


def test_image_embeddings_that_are_not_finite_are_counted_named_and_not_kept(
    tiny: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path
):
    Image.new("RGB", (32, 32)).save(photos / "n1/2.png")
    Image.new("RGB", (32, 32), (1, 1, 1)).save(photos / "n3/4.png")
    pictures = own_set(photos, read_class_texts(table)).pictures
    faulty = replace(tiny, network=NotFinite(tiny.network, bright=0.0), _hashed=None)
    for _ in range(2):
        with pytest.raises(
            ValueError, match=r"2 of 15 image embeddings are not finite .*: n1/2\.png, n3/4\.png"
        ):
            embed(faulty, pictures, tmp_path)


def test_text_embeddings_that_are_not_finite_are_named(
    tiny: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path
):
    faulty = replace(tiny, network=NotFinite(tiny.network, -torch.inf, texts=True), _hashed=None)
    images = own_set(photos, read_class_texts(table))
    found = embed(faulty, images.pictures, tmp_path / "c")
    with pytest.raises(ValueError, match=r"3 of 3 text embeddings of the classes .*: n1, n2, n3"):
        evaluate_set(faulty, images, found)
    captioned = read_captions(caption_file(tmp_path / "c.json", photos, 0), photos)
    found = embed(faulty, captioned.pictures, tmp_path / "c")
    with pytest.raises(ValueError, match="75 of 75 text embeddings of the captions are not finite"):
        evaluate_retrieval(faulty, captioned, found)
