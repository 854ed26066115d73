"""The masked convolution against PyTorch's convolution."""

import torch
from torch.nn.functional import conv2d

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)
from tests.support.random_tensors import random

from mmcv.ops import masked_conv2d  # isort: skip


def test_masked_convolution_equals_the_plain_one_where_the_mask_is():
    maps, weight, bias = random(1, 2, 6, 5), random(3, 2, 3, 3, seed=1), random(3, seed=2)
    mask = random(1, 6, 5, seed=3) > 0
    expected = conv2d(maps, weight, bias, padding=1) * mask
    torch.testing.assert_close(masked_conv2d(maps, mask, weight, bias, 1), expected)


def test_masked_convolution_of_no_place_is_zero():
    maps, weight, bias = random(1, 2, 6, 5), random(3, 2, 3, 3, seed=1), random(3, seed=2)
    assert not masked_conv2d(maps, torch.zeros(1, 6, 5), weight, bias, 1).any()
