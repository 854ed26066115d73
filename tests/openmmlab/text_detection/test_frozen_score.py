"""F-VLM's score: the formula, and a detector against its own parts put together by hand."""

import copy
from typing import Any

import pytest
import torch
import torchvision
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor
from torch.nn import functional as F

import iclip.openmmlab  # noqa: F401  (before mmdet)

from iclip.openmmlab.made_up_samples import made_up_batch  # isort: skip
from iclip.openmmlab.text_detection.frozen_score import combined_logits  # isort: skip
from tests.support.text_classes import random_embeddings  # isort: skip

TRAINED = (1, 3, 4)
NAMES = [f"thing {i}" for i in range(72)]


@pytest.mark.parametrize(("trained_share", "new_share"), [(0.35, 0.65), (0.0, 1.0), (0.5, 0.5)])
def test_probabilities_are_the_weighted_geometric_mean(trained_share: float, new_share: float):
    chance = torch.Generator().manual_seed(0)
    logits = 4 * torch.randn(6, 4, generator=chance)
    image_logits = 4 * torch.randn(6, 3, generator=chance)
    trained = torch.tensor([True, False, True])
    found = combined_logits(logits, image_logits, trained, trained_share, new_share).softmax(dim=1)
    for i in range(6):
        detected = [float(p) for p in logits[i].softmax(dim=0)]
        image = [float(p) for p in image_logits[i].softmax(dim=0)]
        parts = []
        for label in range(3):
            share = trained_share if trained[label] else new_share
            parts.append(detected[label] ** (1 - share) * image[label] ** share)
        parts.append(detected[3])  # the background's is the detector's
        assert found[i].tolist() == pytest.approx([p / sum(parts) for p in parts], abs=1e-6)


def test_share_of_nothing_leaves_the_detectors_score():
    logits, image_logits = torch.randn(5, 4), 50 * torch.randn(5, 3)
    found = combined_logits(logits, image_logits, torch.ones(3, dtype=torch.bool), 0.0, 1.0)
    torch.testing.assert_close(found.softmax(dim=1), logits.softmax(dim=1))


@pytest.fixture(scope="module")
def settings() -> Any:
    return Config.fromfile("downstream/toy/lvis_frcnn_openvocab.py").model


def build(model: Any) -> Any:
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope("mmdet"):
        return MODELS.build(model)


@pytest.fixture(scope="module")
def detector(settings: Any) -> Any:
    """The toy's detector with random weights and classes."""
    model = build(settings)
    for place in (model.roi_head.bbox_head.fc_cls, model.roi_head.image_classifier):
        place.set_classes(random_embeddings(NAMES, dims=64, seed=1))
    model.roi_head.bbox_head.mark_trained(TRAINED)
    return model


def features_of_regions(model: Any, inputs: Tensor, corners: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Pool regions: of the neck's maps for the box head, and of the backbone's last map."""
    maps = model.backbone(inputs)
    rois = torch.cat(
        [torch.cat([torch.full((len(own), 1), i), own], 1) for i, own in enumerate(corners)]
    )
    pooled = model.roi_head.bbox_roi_extractor(model.neck(maps)[:2], rois)
    image = torchvision.ops.roi_align(maps[-1], rois, 7, 1 / 8, sampling_ratio=-1, aligned=True)
    return pooled, image.mean(dim=(2, 3))


def test_detections_equal_those_put_together_by_hand(detector: Any):
    """Oracle: torchvision's RoIAlign and suppression, and the formula in probabilities."""
    model, roi_head = detector.eval(), detector.roi_head
    torch.manual_seed(0)  # other noise may have two boxes of one class at the threshold's overlap
    batch = model.data_preprocessor(made_up_batch("detection", (2, 3, 96, 128)))
    with torch.no_grad():
        found = model.predict(batch["inputs"], batch["data_samples"])
        maps = model.neck(model.backbone(batch["inputs"]))
        proposals = model.rpn_head.predict(maps, batch["data_samples"], rescale=False)
        corners = [entry.bboxes for entry in proposals]
        pooled, image = features_of_regions(model, batch["inputs"], corners)
        logits, deltas = roi_head.bbox_head(pooled)
        classifier = roi_head.image_classifier
        projected = F.normalize(image @ classifier.projection.weight.T, dim=1)
        image_scores = (
            projected @ classifier.class_embeds.T * classifier.logit_scale.exp()
        ).softmax(1)
        detected = logits.softmax(1)
        share = torch.full((72,), 0.65)
        share[list(TRAINED)] = 0.35
        scores = torch.cat(
            [detected[:, :-1] ** (1 - share) * image_scores**share, detected[:, -1:]], 1
        )
        scores = scores / scores.sum(dim=1, keepdim=True)
        boxes = roi_head.bbox_head.bbox_coder.decode(
            torch.cat(corners), deltas, max_shape=(96, 128)
        )
    counts = [len(own) for own in corners]
    for sample, own, own_scores in zip(
        found, boxes.split(counts), scores.split(counts), strict=True
    ):
        rows, labels = (own_scores[:, :-1] > 1e-4).nonzero().T
        flat = own_scores[rows, labels]
        kept = torchvision.ops.batched_nms(own[rows], flat, labels, 0.5)[:300]
        predicted = sample.pred_instances
        assert 50 < len(kept) == len(predicted)
        torch.testing.assert_close(predicted.scores, flat[kept], atol=1e-5, rtol=1e-4)
        # Equal scores may change places.
        assert sorted(predicted.labels.tolist()) == sorted(labels[kept].tolist())


def test_training_moves_neither_the_backbone_nor_the_image_classifier(detector: Any):
    model = detector.train()
    batch = model.data_preprocessor(made_up_batch("detection"), training=True)
    losses = model.loss(batch["inputs"], batch["data_samples"])
    loss_cls = losses["loss_cls"]
    assert torch.isfinite(loss_cls)
    loss_cls.backward()
    moved = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    assert {"neck.fpn_convs.0.conv.weight", "roi_head.bbox_head.fc_cls.background"} <= moved
    assert not any(name.startswith(("backbone.", "roi_head.image_classifier")) for name in moved)


def test_another_vocabulary_reaches_both_classifiers_and_counts_as_new(detector: Any):
    model = detector.eval()
    model.roi_head.set_classes(random_embeddings(["owl", "bee"], dims=64, seed=2))
    batch = model.data_preprocessor(made_up_batch("detection"))
    with torch.no_grad():
        found = model.predict(batch["inputs"], batch["data_samples"])
    labels = torch.cat([sample.pred_instances.labels for sample in found])
    assert set(labels.tolist()) == {0, 1}
    assert model.roi_head.bbox_head.trained.tolist() == [False, False]
    with pytest.raises(ValueError, match="another joint space"):
        model.roi_head.set_classes(random_embeddings(["owl"], dims=64, space=1))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (dict(trained_share=1.5), "FrozenScoreRoIHead.trained_share is 1.5; give a share from 0"),
        (dict(new_share=-0.1), "FrozenScoreRoIHead.new_share is -0.1; give a share from 0"),
        (
            dict(bbox_head=dict(type="Shared2FCBBoxHead", in_channels=64, num_classes=72)),
            "bbox_head is a Shared2FCBBoxHead; it takes an iclip.TextBBoxHead",
        ),
    ],
)
def test_settings_that_the_score_cannot_have_are_refused(
    changes: dict[str, Any], told: str, settings: Any
):
    model = copy.deepcopy(settings)
    model.roi_head.update(changes)
    if "bbox_head" in changes:
        model.roi_head.bbox_head = changes["bbox_head"]
    with pytest.raises(ValueError, match=told):
        build(model)
