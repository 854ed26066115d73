"""What detectors find and draw, on models with random weights."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.predict.detector import Detector
from iclip.openmmlab.predict.predictors import build_predictor
from iclip.predict.predict_files import Predictor
from tests.support.framework_predictions import (
    detector_config,
    noise,
    picture_size,
    predict_on,
    random_predictor,
    toy_config,
    write_noise,
)
from tests.support.random_weights import save_random_weights
from tests.support.text_classes import random_embeddings


def test_boxes_are_recorded_in_the_images_pixels(
    toy_predictors: Mapping[str, Predictor], tmp_path: Path
):
    file = write_noise(tmp_path / "a.png")
    predictor = toy_predictors["lvis_frcnn"]
    records = predict_on(predictor, [file], tmp_path / "out", score_threshold=0.0).records
    record = records["a.jpg"]
    assert record["labels"]
    assert record["labels"][0].startswith("class ")
    boxes = np.array(record["boxes"])
    assert len(boxes) == len(record["scores"]) == len(record["labels"])
    assert boxes.min() >= 0
    assert boxes[:, [0, 2]].max() <= 116
    assert boxes[:, [1, 3]].max() <= 96
    assert record["size"] == [116, 96]
    # Enlarged by a whole number, to be read.
    assert picture_size(tmp_path / "out/a.jpg") == (116 * 7, 96 * 7)
    assert json.loads((tmp_path / "out/predictions.json").read_text()) == records


def test_boxes_below_the_threshold_are_left_out(
    toy_predictors: Mapping[str, Predictor], tmp_path: Path
):
    file = write_noise(tmp_path / "a.png")
    outcome = predict_on(
        toy_predictors["lvis_frcnn"], [file], tmp_path / "out", score_threshold=1.0
    )
    record = {name: outcome.records["a.jpg"][name] for name in ("labels", "scores", "boxes")}
    assert record == {"labels": [], "scores": [], "boxes": []}


def test_boxes_equal_those_of_mmdets_inferencer(tmp_path: Path):
    from mmdet.apis import DetInferencer

    cfg = toy_config("lvis_frcnn")
    checkpoint = save_random_weights(cfg, tmp_path / "a.pth")
    (found,) = build_predictor(cfg, checkpoint).predict([noise()])
    # The inferencer looks for mmcv's name of the loader.
    theirs = cfg.copy()
    theirs.test_dataloader.dataset.pipeline[0] = dict(type="LoadImageFromFile")
    inferencer = DetInferencer(
        model=theirs, weights=str(checkpoint), device="cpu", palette="random"
    )
    (expected,) = inferencer(noise(), return_datasamples=True)["predictions"]
    np.testing.assert_allclose(found.boxes, expected.pred_instances.bboxes, atol=1e-3)
    np.testing.assert_allclose(found.scores, expected.pred_instances.scores, atol=1e-5)
    np.testing.assert_array_equal(found.labels, expected.pred_instances.labels)


def test_batch_equals_one_by_one(toy_predictors: Mapping[str, Predictor]):
    """Images of several sizes: what would be padded is computed apart."""
    predictor = toy_predictors["lvis_frcnn"]
    images = [noise(96, 116), noise(64, 80, seed=1), noise(96, 116, seed=2)]
    together = predictor.predict(images)
    for image, found in zip(images, together, strict=True):
        (alone,) = predictor.predict([image])
        np.testing.assert_allclose(found.boxes, alone.boxes, atol=1e-2)
        np.testing.assert_allclose(found.scores, alone.scores, atol=1e-5)
        np.testing.assert_array_equal(found.labels, alone.labels)


@pytest.mark.parametrize("name", ["mask", "cascade", "retina"])
def test_other_detectors_predict_boxes(name: str, tmp_path: Path):
    predictor = random_predictor(detector_config(name), tmp_path)
    file = write_noise(tmp_path / "a.png", 64, 96)
    outcome = predict_on(predictor, [file], tmp_path / "out", score_threshold=0.0)
    record = outcome.records["a.jpg"]
    assert len(record["boxes"]) == len(record["labels"]) > 0
    # The file does not say what the classes are called, so they are not COCO's.
    assert {int(label.removeprefix("class ")) for label in record["labels"]} <= set(range(80))
    assert ("masks" in record) == (name == "mask")
    for code in record.get("masks", []):
        assert code["size"] == [64, 96]
        assert isinstance(code["counts"], str)


def test_panoptic_segmenter_predicts_shares(tmp_path: Path):
    cfg = detector_config("panoptic")
    cfg.model.test_cfg.instance_on = False
    file = write_noise(tmp_path / "a.png", 64, 96)
    record = predict_on(random_predictor(cfg, tmp_path), [file], tmp_path / "out").records["a.jpg"]
    assert 0 <= sum(record["shares"]) <= 1.001
    assert (tmp_path / "out/a.jpg").is_file()


def test_panoptic_segments_are_those_of_the_label_map():
    """Two segments of one class and one of another; the rest has no class."""
    from mmdet.structures import DetDataSample
    from mmengine.structures import PixelData

    from iclip.openmmlab.predict.detector import Detector

    detector: Any = object.__new__(Detector)
    detector.classes = ("sky", "sea", "boat")
    numbers = torch.full((1, 4, 6), 3)  # mmdet's number of what has no class
    numbers[0, 0] = 1
    numbers[0, 1, :3] = 1002
    numbers[0, 2] = 2002
    sample = DetDataSample()
    sample.pred_panoptic_seg = PixelData(sem_seg=numbers)
    found = detector._prediction(np.zeros((4, 6, 3), np.uint8), sample)
    assert sorted(found.names) == ["boat", "boat", "sea"]
    assert found.shares.tolist() == pytest.approx([6 / 24, 3 / 24, 6 / 24])
    again = detector._panoptic_map(found)
    for label in range(4):
        torch.testing.assert_close(again % 1000 == label, numbers % 1000 == label)


def test_low_scores_are_drawn_if_they_are_asked_for(toy_predictors: Mapping[str, Predictor]):
    """mmdet's drawing leaves out scores up to 0.3 by itself."""
    predictor = toy_predictors["lvis_frcnn"]
    (found,) = predictor.predict([noise()])
    assert found.scores.max() < 0.3  # random weights, 72 classes
    blank = predictor.draw(noise(), found.above(1.0))
    assert (predictor.draw(noise(), found.best(3)) != blank).any()


@pytest.fixture(scope="module")
def by_words(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """The toy's detector by words, whose classes 0 to 49 count as trained."""
    cfg = Config.fromfile("downstream/toy/lvis_frcnn_openvocab.py")
    cfg.test_dataloader.dataset.ann_file = cfg.test_evaluator.ann_file = "absent.json"
    path = save_random_weights(cfg, tmp_path_factory.mktemp("words") / "a.pth")
    content = torch.load(path)
    names = [f"thing_{number}" for number in range(72)]
    content["meta"]["dataset_meta"] = dict(classes=names)
    content["state_dict"]["roi_head.bbox_head.trained"] = torch.arange(72) < 50
    for place in ("bbox_head.fc_cls", "image_classifier"):
        given = random_embeddings(names, dims=64)
        content["state_dict"][f"roi_head.{place}.class_embeds"] = given.embeds
        content["state_dict"][f"roi_head.{place}.probe"] = given.probe
    torch.save(content, path)
    predictor = build_predictor(cfg, path)
    assert isinstance(predictor, Detector)
    return predictor


def test_another_vocabulary_is_predicted_and_drawn(by_words: Detector):
    (before,) = by_words.predict([noise()])
    assert before.classes[3] == "thing_3"
    by_words.set_classes(random_embeddings(["owl", "Thing 7", "thing 60"], dims=64, seed=1))
    (found,) = by_words.predict([noise()])
    assert found.classes == by_words.classes == ("owl", "Thing 7", "thing 60")
    assert len(found) and set(found.labels.tolist()) <= {0, 1, 2}
    assert by_words.draw(noise(), found).ndim == 3
    head = by_words._network.model.roi_head.bbox_head
    # "thing_7" has boxes in the training data, "thing_60" has not.
    assert head.trained.tolist() == [False, True, False]


def test_vocabulary_of_another_joint_space_changes_nothing(by_words: Detector):
    before = by_words.classes
    with pytest.raises(ValueError, match="another joint space"):
        by_words.set_classes(random_embeddings(["owl"], dims=64, space=1))
    assert by_words.classes == before
