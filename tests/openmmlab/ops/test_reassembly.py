"""CARAFE against loops and PyTorch."""

import itertools

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck
from torch.nn.functional import interpolate

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)
from tests.support.random_tensors import random

from mmcv.ops import carafe  # isort: skip


def carafe_in_loops(features: Tensor, masks: Tensor, side: int, groups: int, scale: int) -> Tensor:
    batch, channels, height, width = features.shape
    out = torch.zeros(batch, channels, height * scale, width * scale, dtype=features.dtype)
    for b, c, y, x in itertools.product(*(range(n) for n in out.shape)):
        group = c // (channels // groups)
        for i, j in itertools.product(range(side), repeat=2):
            row, column = y // scale + i - side // 2, x // scale + j - side // 2
            if 0 <= row < height and 0 <= column < width:
                share = masks[b, (group * side + i) * side + j, y, x]
                out[b, c, y, x] += share * features[b, c, row, column]
    return out


@pytest.mark.parametrize("groups", [1, 2])
def test_carafe_equals_loops(groups: int):
    features, masks = random(2, 4, 3, 2), random(2, 9 * groups, 6, 4, seed=1)
    output = carafe(features, masks, 3, groups, 2)
    torch.testing.assert_close(output, carafe_in_loops(features, masks, 3, groups, 2))


def test_gradient_of_carafe_is_the_derivative():
    inputs = [random(1, 2, 3, 2).requires_grad_(), random(1, 18, 6, 4, seed=1).requires_grad_()]
    assert gradcheck(lambda f, m: carafe(f, m, 3, 2, 2), inputs)


def test_carafe_with_the_middle_only_repeats_pixels():
    features, masks = random(1, 2, 3, 3).bfloat16(), torch.zeros(1, 25, 6, 6).bfloat16()
    masks[:, 12] = 1
    torch.testing.assert_close(carafe(features, masks, 5, 1, 2), interpolate(features, None, 2))
