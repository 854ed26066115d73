"""TIN's shift against loops."""

import itertools

import torch
from torch.autograd import gradcheck

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)
from tests.support.random_tensors import random

from mmcv.ops.tin_shift import tin_shift  # isort: skip

SHIFTS = torch.tensor([[1, -2], [0, 5]], dtype=torch.int32)


def test_tin_shift_equals_loops():
    frames = random(2, 4, 6, 3)
    expected = torch.zeros_like(frames)
    for b, t, c in itertools.product(range(2), range(4), range(6)):
        later = t + int(SHIFTS[b, c // 3])
        if 0 <= later < 4:
            expected[b, later, c] = frames[b, t, c]
    torch.testing.assert_close(tin_shift(frames, SHIFTS), expected)


def test_gradient_of_tin_shift_is_the_derivative():
    frames = random(2, 4, 2, 2).requires_grad_()
    assert gradcheck(lambda x: tin_shift(x, SHIFTS), frames)
