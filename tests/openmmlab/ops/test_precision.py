"""Operators compute in float32 at least, and their gradients through recomputation are exact."""

import pytest
import torch
from torch import Tensor

from iclip.openmmlab.ops.precision import as_float, recomputed_gradients
from tests.support.random_tensors import random


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
def test_half_precision_becomes_float32(given: torch.dtype, expected: torch.dtype):
    assert as_float(torch.ones(2, dtype=given)).dtype == expected


def test_gradients_equal_the_formula():
    """Of sum(g * a * b^2): g * b^2 and 2 * g * a * b."""
    a, b, g = random(3, 4), random(3, 4, seed=1), random(3, 4, seed=2)
    of_a, of_b = recomputed_gradients(lambda a, b: a * b**2, (a, b), g)
    torch.testing.assert_close(of_a, g * b**2)
    torch.testing.assert_close(of_b, 2 * g * a * b)


def test_gradients_of_half_precision_are_summed_in_float32():
    """The sum, 999 / 1024, has more digits than bfloat16 holds."""
    rows = torch.zeros(999, 1, dtype=torch.bfloat16)
    shift = torch.zeros(1, dtype=torch.bfloat16)
    gradient = torch.full((999, 1), 1 / 1024, dtype=torch.bfloat16)
    _, of_shift = recomputed_gradients(lambda rows, shift: rows + shift, (rows, shift), gradient)
    assert of_shift.dtype == torch.float32
    assert of_shift.item() == 999 / 1024


def test_gradients_are_found_within_no_grad():
    """An operator's backward runs without gradients of its own."""

    def square(x: Tensor) -> Tensor:
        return x**2

    x = random(3)
    with torch.no_grad():
        (gradient,) = recomputed_gradients(square, [x], torch.ones_like(x))
    torch.testing.assert_close(gradient, 2 * x)
