"""RoI align and RoI pooling through mmcv's Python, on what iclip supplies."""

import math

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)
from tests.support.bilinear_points import border_value

from mmcv.ops import roi_align, roi_pool  # isort: skip


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
def test_roi_align_equals_loops_in_value_and_gradient(aligned: bool, ratio: int):
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
