"""Bilinear sums against plain Python, at points within, on and beyond the border."""

import pytest
import torch
from torch.autograd import gradcheck

from iclip.openmmlab.ops.bilinear import four_pixels, sum_of_pixels
from tests.support.bilinear_points import zero_padded_value
from tests.support.random_tensors import random

HEIGHT, WIDTH = 4, 5
POINTS = [
    (0.0, 0.0), (3.0, 4.0), (1.25, 2.75), (2.0, 3.5), (-0.5, 1.5), (3.6, 4.8), (-1.0, 2.0),
    (9.0, 1.0), (-0.25, -0.75),
]  # fmt: skip


def test_value_at_a_point_equals_plain_python():
    image = random(HEIGHT, WIDTH)
    y, x = torch.tensor(POINTS, dtype=torch.float64).T
    values = sum_of_pixels(image.reshape(-1, 1), *four_pixels(y, x, HEIGHT, WIDTH))
    expected = [zero_padded_value(image, *point) for point in POINTS]
    torch.testing.assert_close(values[:, 0], torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize(("height", "width"), [(2, 3), (4, 5)])
def test_map_of_each_point_may_have_its_own_size(height: int, width: int):
    y, x = torch.tensor(POINTS, dtype=torch.float64).T
    sizes = torch.full((len(POINTS),), height), torch.full((len(POINTS),), width)
    for found, expected in zip(
        four_pixels(y, x, *sizes), four_pixels(y, x, height, width), strict=True
    ):
        assert torch.equal(found, expected)


def test_indices_stay_within_the_map():
    y, x = 20 * random(2, 1000)
    indices, _ = four_pixels(y, x, HEIGHT, WIDTH)
    assert indices.min() == 0
    assert indices.max() < HEIGHT * WIDTH


def test_gradients_are_those_of_finite_differences():
    """Between the pixels, where the value is smooth in the point."""
    pixels = random(HEIGHT * WIDTH, 2).requires_grad_()
    y = torch.tensor([0.3, 1.6, -0.4, 3.2], dtype=torch.float64, requires_grad=True)
    x = torch.tensor([0.7, 2.2, 1.5, 4.4], dtype=torch.float64, requires_grad=True)
    assert gradcheck(
        lambda p, y, x: sum_of_pixels(p, *four_pixels(y, x, HEIGHT, WIDTH)), (pixels, y, x)
    )


def test_weighted_sum_equals_a_loop():
    pixels, weights = random(6, 3), random(4, 2, seed=1)
    indices = torch.tensor([[0, 5], [2, 2], [1, 0], [3, 4]])
    expected = [
        sum(weights[n, k] * pixels[indices[n, k]] for k in range(2)).tolist() for n in range(4)
    ]
    torch.testing.assert_close(
        sum_of_pixels(pixels, indices, weights), torch.tensor(expected, dtype=torch.float64)
    )
