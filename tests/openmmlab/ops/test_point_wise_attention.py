"""PSANet's masks against loops."""

import itertools

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)
from tests.support.random_tensors import random

from mmcv.ops.psa_mask import psa_mask  # isort: skip


def psa_in_loops(windows: Tensor, side: tuple[int, int], collects: bool) -> Tensor:
    batch, _, height, width = windows.shape
    out = torch.zeros(batch, height * width, height, width, dtype=windows.dtype)
    for b, h, w, i, j in itertools.product(*(range(n) for n in (batch, height, width, *side))):
        row, column = h + i - (side[0] - 1) // 2, w + j - (side[1] - 1) // 2
        if 0 <= row < height and 0 <= column < width:
            weight = windows[b, i * side[1] + j, h, w]
            if collects:
                out[b, row * width + column, h, w] = weight
            else:
                out[b, h * width + w, row, column] = weight
    return out


@pytest.mark.parametrize("psa_type", [0, 1])
@pytest.mark.parametrize("side", [(5, 3), (7, 7), (3, 1)])
def test_psa_mask_equals_loops(psa_type: int, side: tuple[int, int]):
    windows = random(2, side[0] * side[1], 3, 4)
    output = psa_mask(windows, psa_type, side)
    torch.testing.assert_close(output, psa_in_loops(windows, side, psa_type == 0))


@pytest.mark.parametrize("psa_type", [0, 1])
def test_gradient_of_psa_mask_is_the_derivative(psa_type: int):
    windows = random(1, 15, 3, 4).requires_grad_()
    assert gradcheck(lambda x: psa_mask(x, psa_type, (5, 3)), windows)
