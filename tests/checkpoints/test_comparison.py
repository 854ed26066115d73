"""What differs between two sets of weights."""

import math

import pytest
import torch

from iclip.checkpoints.comparison import compare_tensors, largest_change


def test_largest_change_is_relative_to_the_largest_magnitude():
    generator = torch.Generator().manual_seed(0)
    before = torch.randn(4, 5, generator=generator)
    after = before + 0.1 * torch.randn(4, 5, generator=generator)
    pairs = list(zip(before.flatten().tolist(), after.flatten().tolist(), strict=True))
    expected = max(abs(b - a) for a, b in pairs) / max(abs(a) for a, _ in pairs)
    assert largest_change(before, after) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ([0.0, 0.0], [0.0, 1.0], math.inf),
        ([1.0, 2.0], [1.0, math.nan], math.nan),
        ([1.0, math.inf], [1.0, 2.0], math.nan),
        ([2, 250], [4, 250], 0.008),
    ],
)
def test_change_of_odd_numbers(before: list[float], after: list[float], change: float):
    dtype = torch.uint8 if isinstance(before[0], int) else torch.float32
    found = largest_change(torch.tensor(before, dtype=dtype), torch.tensor(after, dtype=dtype))
    assert found == pytest.approx(change, nan_ok=True)


def test_every_tensor_is_in_one_group():
    first = {
        "same": torch.arange(3),
        "empty": torch.zeros(0),
        "small": torch.ones(2),
        "large": torch.ones(2),
        "lost": torch.ones(2),
        "gone": torch.ones(2, 3),
        "shape": torch.ones(2, 3),
    }
    second = {
        "same": torch.arange(3),
        "empty": torch.zeros(0),
        "small": torch.tensor([1.0, 1.5]),
        "large": torch.tensor([1.0, 3.0]),
        "lost": torch.tensor([1.0, math.nan]),
        "shape": torch.ones(3, 2),
        "new": torch.tensor(1.0),
    }
    changes = compare_tensors(first, second)
    assert changes.equal == ("empty", "same")
    assert list(changes.changed) == ["lost", "large", "small"]
    assert changes.changed["large"] == 2 and changes.changed["small"] == 0.5
    assert changes.missing == {"gone": (2, 3)}
    assert changes.added == {"new": ()}
    assert changes.reshaped == {"shape": ((2, 3), (3, 2))}
