"""What segmentation models find and draw, on a model with random weights."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip import free_memory
from iclip.openmmlab.predict.predictors import build_predictor
from iclip.openmmlab.predict.segmenter import Segmenter
from iclip.predict.predict_files import Predictor
from tests.support.framework_predictions import (
    noise,
    picture_size,
    predict_on,
    toy_config,
    write_noise,
)
from tests.support.random_weights import save_random_weights
from tests.support.text_classes import random_embeddings
from tests.support.video_files import write_lighter_and_lighter


@pytest.fixture
def predictor(toy_predictors: Mapping[str, Predictor]) -> Predictor:
    return toy_predictors["ade20k_maskformer"]


def test_masks_cover_the_image(predictor: Predictor, tmp_path: Path):
    file = write_noise(tmp_path / "a.png")
    record = predict_on(predictor, [file], tmp_path).records["a.jpg"]
    assert sum(record["shares"]) == pytest.approx(1, abs=1e-3)
    assert record["shares"] == sorted(record["shares"], reverse=True)
    assert set(record["labels"]) <= {*toy_config("ade20k_maskformer").classes}
    assert len(record["masks"]) == len(record["labels"])
    assert picture_size(tmp_path / "a.jpg") == (2 * 116 * 7, 96 * 7)


def test_label_map_equals_that_of_mmsegs_inferencer(tmp_path: Path):
    from mmseg.apis import MMSegInferencer

    cfg = toy_config("ade20k_maskformer")
    checkpoint = save_random_weights(cfg, tmp_path / "a.pth")
    (found,) = build_predictor(cfg, checkpoint).predict([noise()])
    # The inferencer looks for mmcv's name of the loader.
    theirs = cfg.copy()
    theirs.test_dataloader.dataset.pipeline[0] = dict(type="LoadImageFromFile")
    inferencer = MMSegInferencer(model=theirs, weights=str(checkpoint), device="cpu")
    inferencer.show_progress = False
    np.testing.assert_array_equal(found.label_map, inferencer(noise())["predictions"])


def test_batch_equals_one_by_one(predictor: Predictor):
    images = [noise(96, 116), noise(64, 80, seed=1), noise(96, 116, seed=2)]
    for image, found in zip(images, predictor.predict(images), strict=True):
        (alone,) = predictor.predict([image])
        assert (found.label_map != alone.label_map).mean() < 1e-3


def test_labels_without_a_name_are_left_out(predictor: Predictor):
    labels = np.array([[0, 0, 1], [1, 1, 99]])
    found = predictor._prediction(labels)
    assert found.labels.tolist() == [1, 0] and found.shares.tolist() == pytest.approx(
        [1 / 2, 1 / 3]
    )


def test_frames_of_a_video_are_segmented(predictor: Predictor, tmp_path: Path):
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=24, rate=8)
    records = predict_on(predictor, [clip], tmp_path, every=1.0).records
    assert [record["seconds"] for record in records.values()] == [0.0, 1.0, 2.0]
    assert list(records) == [f"clip_000{second}.00s.jpg" for second in range(3)]


@pytest.fixture(scope="module")
def by_words(tmp_path_factory: pytest.TempPathFactory) -> Segmenter:
    """The toy's segmenter by words: 56 trained classes, 78 tested ones."""
    cfg = Config.fromfile("downstream/toy/ade20k_maskformer_openvocab.py")
    path = save_random_weights(cfg, tmp_path_factory.mktemp("words") / "a.pth")
    content = torch.load(path)
    given = random_embeddings([f"thing {number}" for number in range(78)], dims=64)
    content["meta"]["class_texts"] = [
        dict(id=text.id, names=list(text.names), description="") for text in given.texts
    ]
    weights = content["state_dict"]
    weights["decode_head.tested_embeds"] = given.embeds
    for place in ("cls_embed", "pooled_classifier"):
        weights[f"decode_head.{place}.class_embeds"] = given.embeds[:56]
        weights[f"decode_head.{place}.probe"] = given.probe
    torch.save(content, path)
    predictor = build_predictor(cfg, path)
    assert isinstance(predictor, Segmenter)
    return predictor


def test_another_vocabulary_is_predicted_and_drawn(by_words: Segmenter):
    (before,) = by_words.predict([noise()])
    assert before.classes[70] == "thing 70" and len(before.classes) == 78
    by_words.set_classes(random_embeddings(["owl", "moss", "sky"], dims=64, seed=1))
    (found,) = by_words.predict([noise()])
    assert found.classes == by_words.classes == ("owl", "moss", "sky")
    assert len(found) and set(found.labels.tolist()) <= {0, 1, 2}
    assert by_words.draw(noise(), found).ndim == 3


def test_vocabulary_of_another_joint_space_changes_nothing(by_words: Segmenter):
    before = by_words.classes
    with pytest.raises(ValueError, match="another joint space"):
        by_words.set_classes(random_embeddings(["owl", "sky"], dims=64, space=1))
    assert by_words.classes == before


def test_a_single_word_is_refused(by_words: Segmenter):
    """mmseg would compare its scores with a threshold that there is none of."""
    with pytest.raises(ValueError, match=r"'sky' is the only class, .* \"sky, background\""):
        by_words.set_classes(random_embeddings(["sky"], dims=64))


def test_scores_larger_than_the_memory_are_refused(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(free_memory, "free_memory", lambda: 2 * 4 * 18 * 96 * 116 - 1)
    with pytest.raises(ValueError, match="each of 11,136 pixels and 18 classes takes about"):
        predictor.predict([noise()])
