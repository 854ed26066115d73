"""The box head by words: what it starts from, its losses, its predictions, other vocabularies."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from mmengine.config import ConfigDict
from torch import Tensor
from torch.nn import functional as F

import iclip.openmmlab  # noqa: F401  (before mmdet)

from iclip.openmmlab.text_detection import TextBBoxHead  # isort: skip
from iclip.words import write_class_embeddings  # isort: skip
from tests.support.text_classes import random_embeddings  # isort: skip

CHANNELS, SIDE, HIDDEN, DIMS, NAMES = 4, 3, 8, 6, ("fox", "bus", "cup", "hat", "key")
CLASSIFIER = dict(type="iclip.TextClassifier", embed_dim=DIMS, background=True)


def box_head(classifier: dict[str, Any] | None = None, **settings: Any) -> TextBBoxHead:
    """A head of five classes with random embeddings."""
    torch.manual_seed(0)
    made = TextBBoxHead(
        in_channels=CHANNELS, roi_feat_size=SIDE, fc_out_channels=HIDDEN, num_classes=len(NAMES),
        cls_predictor_cfg=CLASSIFIER | (classifier or {}), **settings,
    )  # fmt: skip
    made.fc_cls.set_classes(random_embeddings(NAMES, DIMS))
    return made


@pytest.fixture
def regions() -> Tensor:
    return torch.randn(9, CHANNELS, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def test_initialization_of_the_head_keeps_what_the_classifier_loads(tmp_path: Path):
    embeddings = random_embeddings(NAMES, DIMS, seed=3)
    write_class_embeddings(tmp_path / "classes.safetensors", embeddings)
    weights = {"image_projection.weight": torch.randn(DIMS, HIDDEN),
               "logit_scale": torch.tensor(2.5)}  # fmt: skip
    torch.save({"state_dict": weights, "meta": {}}, tmp_path / "joint.pth")
    files = dict(
        class_embeddings=str(tmp_path / "classes.safetensors"),
        checkpoint=str(tmp_path / "joint.pth"), projection="pretrained",
    )  # fmt: skip
    head = box_head(files)
    head.init_weights()
    layer = head.fc_cls
    assert torch.equal(layer.class_embeds, embeddings.embeds)
    assert torch.equal(layer.probe, embeddings.probe)
    assert torch.equal(layer.projection.weight, weights["image_projection.weight"])
    assert layer.logit_scale.item() == 2.5
    # The head's own initialization has run: mmdet's deviation of 0.001 for boxes.
    assert head.fc_reg.weight.std() < 0.01
    assert head.trained.all()


def test_untrained_classes_may_be_stated():
    assert box_head(untrained=[1, 4]).trained.tolist() == [True, False, True, True, False]


def plain_logits(head: TextBBoxHead, regions: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Compute logits for embeddings, and box deltas, from the head's weights alone."""
    hidden = regions.flatten(1)
    for layer in head.shared_fcs:
        hidden = (hidden @ layer.weight.T + layer.bias).clamp(min=0)
    projected = hidden @ head.fc_cls.projection.weight.T
    cosines = torch.stack([F.cosine_similarity(projected, row[None]) for row in rows], dim=1)
    deltas = hidden @ head.fc_reg.weight.T + head.fc_reg.bias
    return cosines * head.fc_cls.logit_scale.exp(), deltas


@pytest.mark.parametrize("trained", [(0, 1, 2, 3, 4), (1, 3)], ids=["all", "some"])
def test_loss_and_gradient_equal_a_training_on_the_trained_classes_alone(
    trained: tuple[int, ...], regions: Tensor
):
    head = box_head().train()
    head.mark_trained(trained)
    # Of the regions, the first six are objects of trained classes, the others background.
    own = [trained[i % len(trained)] for i in range(6)]
    labels = torch.tensor([*own, 5, 5, 5])
    targets = torch.randn(9, 4)
    rois = torch.cat([torch.zeros(9, 1), torch.rand(9, 4)], dim=1)
    losses = head.loss(*head(regions), rois, labels, torch.ones(9), targets, torch.ones(9, 4))
    total = losses["loss_cls"] + losses["loss_bbox"]
    learnt = dict(head.named_parameters())
    gradients = torch.autograd.grad(total, list(learnt.values()))

    rows = torch.stack([*head.fc_cls.class_embeds[list(trained)], head.fc_cls.background])
    logits, deltas = plain_logits(head, regions, rows)
    numbered = torch.tensor([*(trained.index(label) for label in own), *[len(trained)] * 3])
    expected = F.cross_entropy(logits, numbered)
    difference = (deltas[:6] - targets[:6]).abs()
    smooth = torch.where(difference < 1, difference**2 / 2, difference - 0.5)
    expected = expected + smooth.sum() / 9
    torch.testing.assert_close(total, expected)
    theirs = torch.autograd.grad(expected, list(learnt.values()))
    for name, ours, plain in zip(learnt, gradients, theirs, strict=True):
        torch.testing.assert_close(ours, plain, msg=name)


def detections(head: TextBBoxHead, regions: Tensor, rois: Tensor) -> Any:
    head.eval()
    with torch.no_grad():
        logits, deltas = head(regions)
    test = ConfigDict(score_thr=0.05, nms=dict(type="nms", iou_threshold=0.5), max_per_img=100)
    (found,) = head.predict_by_feat(
        (rois,), (logits,), (deltas,), [dict(img_shape=(100, 100))], rcnn_test_cfg=test
    )
    return found


def plain_detections(
    head: TextBBoxHead, regions: Tensor, rois: Tensor, rows: Tensor
) -> list[tuple[float, int]]:
    """Decode, threshold and suppress in a loop over classes: scores with labels, descending."""
    with torch.no_grad():
        logits, deltas = plain_logits(head, regions, rows)
    scores = logits.softmax(dim=1)
    x1, y1, x2, y2 = rois[:, 1:].T
    centers = torch.stack([(x1 + x2) / 2 + deltas[:, 0] * 0.1 * (x2 - x1),
                           (y1 + y2) / 2 + deltas[:, 1] * 0.1 * (y2 - y1)], dim=1)  # fmt: skip
    sizes = torch.stack([x2 - x1, y2 - y1], dim=1) * (deltas[:, 2:] * 0.2).exp()
    boxes = torch.cat([centers - sizes / 2, centers + sizes / 2], dim=1).clamp(0, 100)
    found = []
    for label in range(len(rows) - 1):
        chosen = (scores[:, label] > 0.05).nonzero()[:, 0]
        kept = torchvision.ops.nms(boxes[chosen], scores[chosen, label], 0.5)
        found += [(float(scores[row, label]), label) for row in chosen[kept]]
    return sorted(found, reverse=True)


def test_predictions_equal_plain_ones_over_all_classes_and_follow_the_vocabulary(regions: Tensor):
    head = box_head()
    head.mark_trained([1])  # in a prediction, all classes are compared
    corners = torch.rand(9, 2) * 60
    rois = torch.cat([torch.zeros(9, 1), corners, corners + 10 + torch.rand(9, 2) * 25], dim=1)
    for embeddings in (None, random_embeddings(("owl", "bee"), DIMS, seed=5)):
        if embeddings is not None:
            head.set_classes(embeddings)
        rows = torch.stack([*head.fc_cls.class_embeds, head.fc_cls.background.detach()])
        found = detections(head, regions, rois)
        expected = plain_detections(head, regions, rois, rows)
        assert len(expected) > 5
        assert found.labels.tolist() == [label for _, label in expected]
        assert found.scores.tolist() == pytest.approx([score for score, _ in expected], abs=1e-5)
    assert head.num_classes == 2
    assert head(regions)[0].shape == (9, 3)
    assert head.trained.tolist() == [False, False]


def test_which_classes_are_trained_is_kept_with_the_weights():
    head = box_head()
    head.mark_trained([0, 4])
    other = box_head()
    other.load_state_dict(head.state_dict())
    assert other.trained.tolist() == [True, False, False, False, True]


def test_untrained_classes_have_no_probability_in_training(regions: Tensor):
    head = box_head().train()
    head.mark_trained([2])
    scores = head(regions)[0].softmax(dim=1)
    assert (scores[:, [0, 1, 3, 4]] == 0).all()
    assert torch.allclose(scores[:, [2, 5]].sum(dim=1), torch.ones(9))
    assert math.isfinite(float(scores.sum()))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (dict(classifier=dict(background=False)), "TextBBoxHead.cls_predictor_cfg is .*background"),
        (dict(reg_class_agnostic=False), "reg_class_agnostic is False: .*leave it True"),
    ],
)
def test_settings_that_do_not_go_with_words_are_refused(settings: dict[str, Any], told: str):
    with pytest.raises(ValueError, match=told):
        box_head(**settings)


def test_linear_classifier_is_refused():
    with pytest.raises(ValueError, match=r"it takes dict\(type='iclip.TextClassifier'"):
        TextBBoxHead(cls_predictor_cfg=dict(type="Linear"))
