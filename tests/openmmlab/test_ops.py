"""mmcv's Python operators, on what iclip supplies, against loops."""

import math
import sys

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)
from tests.openmmlab.bilinear_point import border_value

from mmcv.ops import batched_nms, nms, nms_match, roi_align, roi_pool, soft_nms  # isort: skip


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
def test_nms(offset: int, score_threshold: float, max_num: int):
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
def test_soft_nms(method: str, offset: int):
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


def roi_align_in_loops(
    maps: Tensor, rois: Tensor, side: int, scale: float, ratio: int, aligned: bool
) -> Tensor:
    out = torch.zeros(len(rois), maps.shape[1], side, side, dtype=maps.dtype)
    for k, (image, *corners) in enumerate(rois.tolist()):
        x1, y1, x2, y2 = (corner * scale - 0.5 * aligned for corner in corners)
        height, width = y2 - y1, x2 - x1
        if not aligned:
            height, width = max(height, 1), max(width, 1)
        rows, columns = height / side, width / side
        ny = ratio if ratio > 0 else math.ceil(rows)
        nx = ratio if ratio > 0 else math.ceil(columns)
        for c in range(maps.shape[1]):
            for i in range(side):
                for j in range(side):
                    total = sum(
                        border_value(
                            maps[int(image), c],
                            y1 + rows * (i + (iy + 0.5) / ny),
                            x1 + columns * (j + (ix + 0.5) / nx),
                        )
                        for iy in range(ny)
                        for ix in range(nx)
                    )
                    out[k, c, i, j] = total / (ny * nx)
    return out


ROIS = torch.tensor(
    [[0, 1.0, 2.0, 13.0, 17.0], [1, 4.5, 0.0, 9.0, 21.0], [0, 3.0, 3.0, 3.5, 3.5]],
    dtype=torch.float64,
)


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("ratio", [0, 1, 2])
def test_roi_align(aligned: bool, ratio: int):
    maps = torch.randn(2, 2, 9, 11, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    out = roi_align(maps, ROIS, (3, 3), 0.5, ratio, "avg", aligned)
    torch.testing.assert_close(out, roi_align_in_loops(maps, ROIS, 3, 0.5, ratio, aligned))
    maps.requires_grad_()
    assert gradcheck(lambda m: roi_align(m, ROIS, (3, 3), 0.5, ratio, "avg", aligned), maps)


def test_roi_align_takes_bfloat16():
    maps = torch.randn(2, 2, 9, 11)
    out = roi_align(maps.bfloat16(), ROIS.bfloat16(), (3, 3), 0.5, 2, "avg", True)
    expected = roi_align(maps, ROIS.float(), (3, 3), 0.5, 2, "avg", True)
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out.float(), expected, rtol=0.05, atol=0.05)


def test_roi_pool_takes_the_maxima():
    maps = torch.randn(1, 2, 8, 8, dtype=torch.float64, requires_grad=True)
    whole = torch.tensor([[0, 0.0, 0.0, 7.0, 7.0]], dtype=torch.float64)
    out = roi_pool(maps, whole, (2, 2), 1.0)
    expected = torch.nn.functional.max_pool2d(maps, 4)
    torch.testing.assert_close(out, expected)
    (gradient,) = torch.autograd.grad(out.sum(), maps)
    (wanted,) = torch.autograd.grad(expected.sum(), maps)
    torch.testing.assert_close(gradient, wanted)


def test_what_is_not_supplied_says_so_when_called():
    maps = torch.randn(1, 1, 8, 8)
    with pytest.raises(NotImplementedError, match=r"'nms_rotated' is not supplied.*mim install"):
        sys.modules["mmcv._ext"].nms_rotated(maps)
    with pytest.raises(NotImplementedError, match=r"pool_mode='max' is not supplied"):
        roi_align(maps, ROIS[:1].float(), (2, 2), 1.0, 0, "max", True)
