"""Deformable RoI pooling against loops."""

import math

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)
from tests.support.bilinear_points import border_value
from tests.support.random_tensors import random

from mmcv.ops import deform_roi_pool  # isort: skip

ROIS = torch.tensor([[0, 1.0, 2.0, 13.0, 17.0], [1, -3.0, 0.0, 9.0, 12.0]], dtype=torch.float64)
GAMMA = 0.1


def pooling_in_loops(maps: Tensor, offset: Tensor, ratio: int) -> Tensor:
    """Deformable RoI pooling to 2 x 2 bins at half scale, point by point."""
    out = torch.zeros(len(ROIS), maps.shape[1], 2, 2, dtype=maps.dtype)
    for k, (image, *box) in enumerate(ROIS.tolist()):
        x1, y1, x2, y2 = (corner * 0.5 - 0.5 for corner in box)
        rows, columns = (y2 - y1) / 2, (x2 - x1) / 2
        ny, nx = (ratio, ratio) if ratio else (math.ceil(rows), math.ceil(columns))
        for c in range(maps.shape[1]):
            for i in range(2):
                for j in range(2):
                    left = x1 + GAMMA * (x2 - x1) * float(offset[k, 0, i, j])
                    top = y1 + GAMMA * (y2 - y1) * float(offset[k, 1, i, j])
                    points = [
                        border_value(
                            maps[int(image), c],
                            top + rows * (i + (iy + 0.5) / ny),
                            left + columns * (j + (ix + 0.5) / nx),
                        )
                        for iy in range(ny)
                        for ix in range(nx)
                    ]
                    out[k, c, i, j] = sum(points) / len(points)
    return out


@pytest.mark.parametrize("ratio", [0, 2])
@pytest.mark.parametrize("moved", [True, False])
def test_roi_pooling_equals_loops(ratio: int, moved: bool):
    maps, offset = random(2, 2, 9, 8), random(2, 2, 2, 2, seed=1) * moved
    output = deform_roi_pool(maps, ROIS, offset if moved else None, (2, 2), 0.5, ratio, GAMMA)
    torch.testing.assert_close(output, pooling_in_loops(maps, offset, ratio))


@pytest.mark.parametrize("ratio", [0, 2])
def test_gradient_of_roi_pooling_is_the_derivative(ratio: int):
    inputs = [random(2, 2, 9, 8).requires_grad_(), random(2, 2, 2, 2, seed=1).requires_grad_()]
    assert gradcheck(lambda m, o: deform_roi_pool(m, ROIS, o, (2, 2), 0.5, ratio, GAMMA), inputs)


def test_roi_pooling_without_offsets_has_a_gradient():
    maps = random(2, 2, 9, 8).requires_grad_()
    assert gradcheck(lambda m: deform_roi_pool(m, ROIS, None, (2, 2), 0.5, 0, GAMMA), maps)


def test_no_rois_pool_nothing():
    maps = random(2, 2, 9, 8).requires_grad_()
    output = deform_roi_pool(maps, ROIS[:0], None, (2, 2), 0.5, 0, GAMMA)
    assert output.shape == (0, 2, 2, 2)
    assert not torch.autograd.grad(output.sum(), maps)[0].any()
