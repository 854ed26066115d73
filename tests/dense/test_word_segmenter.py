"""Segmentation by words against the formula, position by position."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from iclip.dense.word_segmenter import WordSegmenter
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.words import ClassEmbeddings, embed_classes
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.loading import load_zero_shot_model


@pytest.fixture(scope="module")
def model(micro: Path) -> ImageTextEmbedder:
    return load_zero_shot_model(str(micro))


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    """(50, 70, 3), BGR."""
    return np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)


def words(model: ImageTextEmbedder, *names: str) -> ClassEmbeddings:
    texts = ClassTexts(ClassText(name, (name,)) for name in names)
    found = embed_classes(model, texts)
    # The micro model's token table knows few words: rows that differ in any case.
    rows = torch.randn(len(names), 16, generator=torch.Generator().manual_seed(len(names)))
    return ClassEmbeddings(texts, F.normalize(rows, dim=-1), found.probe)


def test_cosines_are_those_of_each_projected_position(
    model: ImageTextEmbedder, image: np.ndarray
) -> None:
    vocabulary = words(model, "a", "b", "c")
    found = WordSegmenter(model, vocabulary).cosines(image)
    assert found.shape == (3, 8, 11)  # 64 x 89.6 pixels -> 64 x 88
    # As validation prepares images, but for the size.
    resized = Image.fromarray(image[..., ::-1].copy()).resize((88, 64), Image.Resampling.BICUBIC)
    pixels = torch.from_numpy(np.array(resized)).permute(2, 0, 1).float()
    pixels = (pixels - model.network.data_preprocessor.mean) / model.network.data_preprocessor.std
    (features,) = model.network.backbone(pixels[None])
    for row, column in ((0, 0), (7, 10), (3, 5)):
        embedded = model.network.image_projection(features[0, :, row, column])
        expected = F.cosine_similarity(vocabulary.embeds, embedded[None])
        torch.testing.assert_close(found[:, row, column], expected, atol=1e-4, rtol=0)


def test_prediction_has_the_sure_labels_largest_first(
    model: ImageTextEmbedder, image: np.ndarray
) -> None:
    segmenter = WordSegmenter(model, words(model, "a", "b", "c"), words(model, "x", "y"), odds=1.5)
    assert segmenter.classes == ("a", "b", "c", "background") and segmenter.image_size == 64
    (found,) = segmenter.predict([image])
    expected = segmenter.word_map(image).sure(1.5)
    assert found.size == (70, 50) and (found.label_map == expected).all()
    assert (np.diff(found.shares) <= 0).all() and 0 < found.shares.sum() < 1
    assert segmenter.draw(image, found).dtype == np.uint8


def test_odds_of_one_name_all_pixels(model: ImageTextEmbedder, image: np.ndarray) -> None:
    segmenter = WordSegmenter(model, words(model, "a", "b"), odds=1.0)
    assert segmenter.predict([image])[0].shares.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("names", "background", "settings", "message"),
    [
        (("a",), None, {}, "--words names 'a' alone, which every pixel would be"),
        (("a", "background"), ("x",), {}, "--words holds 'background', which is what"),
        (("a", "b"), None, {"odds": 0.5}, "--odds is 0.5; it takes a number from 1 up"),
        (("a", "b"), None, {"odds": float("nan")}, "--odds is nan; it takes"),
        (("a", "b"), None, {"image_size": -3}, "--image-size is -3; it takes"),
    ],
)
def test_mistake_is_said(
    names: tuple[str, ...],
    background: tuple[str, ...] | None,
    settings: dict[str, float],
    message: str,
    model: ImageTextEmbedder,
) -> None:
    behind = None if background is None else words(model, *background)
    with pytest.raises(ValueError, match=message):
        WordSegmenter(model, words(model, *names), behind, **settings)  # type: ignore[arg-type]


def test_one_word_and_a_background_are_enough(model: ImageTextEmbedder, image: np.ndarray) -> None:
    segmenter = WordSegmenter(model, words(model, "a"), words(model, "x", "y"))
    assert set(np.unique(segmenter.word_map(image).labels)) <= {0, 1}


def test_weights_that_are_not_finite_are_said(model: ImageTextEmbedder, image: np.ndarray) -> None:
    broken = words(model, "a", "b")
    segmenter = WordSegmenter(model, broken)
    projection = segmenter._model.network.projection
    kept = projection.clone()
    try:
        projection.fill_(torch.nan)
        with pytest.raises(ValueError, match="maps of embeddings are not finite"):
            segmenter.predict([image])
    finally:
        projection.copy_(kept)
