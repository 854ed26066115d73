"""Values of ids are read whatever their shape, and while a step is traced."""

import math

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from iclip.text.tokenizer_protocol import values_of


@pytest.mark.parametrize(
    ("given", "expected"), [((0,), (0, 0)), ((0, 5), (0, 5)), ((2, 3), (2, 3))]
)
def test_values_have_two_dimensions(given: tuple[int, ...], expected: tuple[int, int]):
    ids = torch.arange(math.prod(given)).reshape(given)
    assert values_of(ids).shape == expected
    assert values_of(ids).tolist() == (ids.tolist() or [])


def test_values_are_read_while_a_step_is_traced():
    ids = torch.tensor([[3, 4], [5, 6]])
    with FakeTensorMode(allow_non_fake_inputs=True):
        assert values_of(ids).tolist() == [[3, 4], [5, 6]]
