"""CARAFE, PSANet's masks, TIN's shift and the masked convolution against loops or PyTorch."""

import itertools

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck
from torch.nn.functional import conv2d, interpolate

import iclip.openmmlab  # noqa: F401  (before mmcv.ops)

from mmcv.ops import carafe, masked_conv2d  # isort: skip
from mmcv.ops.psa_mask import psa_mask  # isort: skip
from mmcv.ops.tin_shift import tin_shift  # isort: skip


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


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


def test_masked_convolution_equals_the_plain_one_where_the_mask_is():
    maps, weight, bias = random(1, 2, 6, 5), random(3, 2, 3, 3, seed=1), random(3, seed=2)
    mask = random(1, 6, 5, seed=3) > 0
    expected = conv2d(maps, weight, bias, padding=1) * mask
    torch.testing.assert_close(masked_conv2d(maps, mask, weight, bias, 1), expected)


def test_masked_convolution_of_no_place_is_zero():
    maps, weight, bias = random(1, 2, 6, 5), random(3, 2, 3, 3, seed=1), random(3, seed=2)
    assert not masked_conv2d(maps, torch.zeros(1, 6, 5), weight, bias, 1).any()
