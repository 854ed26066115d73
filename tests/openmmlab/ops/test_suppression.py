"""Non-maximum suppression through mmcv's Python, on what iclip supplies, against loops."""

import math

import pytest
import torch
from torch import Tensor

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)

from mmcv.ops import batched_nms, nms, nms_match, soft_nms  # isort: skip


def boxes_and_scores(count: int = 40, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * 40
    size = torch.rand(count, 2, generator=generator) * 20 + 2
    scores = torch.rand(count, generator=generator)
    return torch.cat([corner, corner + size], dim=1), scores


def iou(a: list[float], b: list[float], offset: int) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0]) + offset
    height = min(a[3], b[3]) - max(a[1], b[1]) + offset
    inner = max(width, 0) * max(height, 0)
    area = [(c[2] - c[0] + offset) * (c[3] - c[1] + offset) for c in (a, b)]
    return inner / (sum(area) - inner)


def nms_in_loops(boxes: Tensor, scores: Tensor, threshold: float, offset: int) -> list[int]:
    kept: list[int] = []
    for i in scores.argsort(descending=True).tolist():
        if all(iou(boxes[i].tolist(), boxes[j].tolist(), offset) <= threshold for j in kept):
            kept.append(i)
    return kept


@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize(("score_threshold", "max_num"), [(0, -1), (0.4, -1), (0.2, 5)])
def test_nms_equals_loops(offset: int, score_threshold: float, max_num: int):
    boxes, scores = boxes_and_scores()
    dets, kept = nms(boxes, scores, 0.3, offset, score_threshold, max_num)
    expected = [i for i in nms_in_loops(boxes, scores, 0.3, offset) if scores[i] > score_threshold]
    expected = expected[:max_num] if max_num > 0 else expected
    assert 1 < len(expected) < 40
    assert kept.tolist() == expected
    torch.testing.assert_close(dets, torch.cat([boxes, scores[:, None]], dim=1)[expected])


@pytest.mark.parametrize("split_thr", [10_000, 10])
def test_batched_nms_keeps_classes_apart(split_thr: int):
    boxes, scores = boxes_and_scores()
    classes = torch.arange(40) % 3
    _, kept = batched_nms(
        boxes, scores, classes, dict(type="nms", iou_threshold=0.3, split_thr=split_thr)
    )
    expected = []
    for cls in range(3):
        own = (classes == cls).nonzero()[:, 0]
        expected += own[nms_in_loops(boxes[own], scores[own], 0.3, 0)].tolist()
    assert kept.tolist() == sorted(expected, key=lambda i: -scores[i])


@pytest.mark.parametrize("method", ["naive", "linear", "gaussian"])
@pytest.mark.parametrize("offset", [0, 1])
def test_soft_nms_equals_loops(method: str, offset: int):
    boxes, scores = boxes_and_scores()
    dets, kept = soft_nms(boxes, scores, 0.3, 0.5, 0.05, method, offset)
    left, value, expected = list(range(40)), scores.tolist(), []
    while left:
        best = max(left, key=lambda i: value[i])
        left.remove(best)
        expected.append((best, value[best]))
        for i in list(left):
            overlap = iou(boxes[best].tolist(), boxes[i].tolist(), offset)
            if method == "gaussian":
                value[i] *= math.exp(-overlap * overlap / 0.5)
            elif overlap >= 0.3:
                value[i] *= 0 if method == "naive" else 1 - overlap
            if value[i] < 0.05:
                left.remove(i)
    assert kept.tolist() == [i for i, _ in expected]
    torch.testing.assert_close(dets[:, 4], torch.tensor([score for _, score in expected]))
    torch.testing.assert_close(dets[:, :4], boxes[kept])


def test_nms_match_groups_boxes_with_the_one_that_suppresses_them():
    boxes, scores = boxes_and_scores()
    groups = nms_match(torch.cat([boxes, scores[:, None]], dim=1), 0.3)
    left, expected = scores.argsort(descending=True).tolist(), []
    while left:
        best = boxes[left[0]].tolist()
        group = [i for i in left if i == left[0] or iou(best, boxes[i].tolist(), 0) >= 0.3]
        left = [i for i in left if i not in group]
        expected.append(group)
    assert 1 < len(expected) < 40
    assert [group.tolist() for group in groups] == expected


def test_nms_match_of_no_boxes_is_empty():
    assert nms_match(torch.zeros(0, 5), 0.3) == []


def test_boxes_without_an_area_form_groups_of_their_own():
    dets = torch.tensor([[1.0, 1, 1, 1, 0.9], [1, 1, 1, 1, 0.8]])
    assert [group.tolist() for group in nms_match(dets, 0.3)] == [[0], [1]]


def test_soft_nms_of_no_boxes_is_empty():
    dets, kept = soft_nms(torch.zeros(0, 4), torch.zeros(0))
    assert dets.shape == (0, 5)
    assert kept.shape == (0,)
