"""Outputs of modules and their gradients are recorded in the order of time."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from iclip.engine.guard.tensor_watch import TensorRecord, TensorWatch, floats_in


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, -2.0], (-2.0, 1.0, 0.0)),
        ([1.0, math.nan, 3.0, -math.inf], (1.0, 3.0, 0.5)),
        ([], (math.nan, math.nan, 0.0)),
        ([math.inf], (math.nan, math.nan, 1.0)),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_record_says_range_and_share(values: Any, expected: Any, dtype: torch.dtype):
    record = TensorRecord.of("x", torch.tensor(values, dtype=dtype))
    found = (record.lowest, record.highest, 0.0 if not values else record.share)
    assert found == pytest.approx(expected, nan_ok=True)
    assert record.dtype == str(dtype).removeprefix("torch.")


def test_floats_are_found_in_nested_values():
    one, two = torch.ones(1), torch.ones(2)
    nested = {"a": [one, torch.ones(1, dtype=torch.int64), None], "b": ({"c": two}, "text", 1.5)}
    assert [id(tensor) for tensor in floats_in(nested)] == [id(one), id(two)]


class Twice(nn.Module):
    """Calls one layer twice, and adds without a module."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.last = nn.Linear(2, 2), nn.Sequential(nn.ReLU(inplace=True))

    def forward(self, inputs: Tensor) -> Tensor:
        return self.last(self.layer(self.layer(inputs)) + 1)


def test_time_order_calls_and_readers_are_recorded():
    model, watch = Twice(), TensorWatch()
    with watch.watching(model):
        model(torch.ones(1, 2)).sum().backward()
    assert [record.what for record in watch.forward] == [
        "output of layer", "output of layer", "output of last.0", "output of last",
    ]  # fmt: skip
    assert [record.what for record in watch.backward][-2:] == [
        "output of layer (call 2)", "output of layer",
    ]  # fmt: skip
    assert watch.readers["output of layer"] == ["layer"]
    assert watch.readers["input of last"] == ["last", "last.0"]
    assert watch.readers["output of layer (call 2)"] == []


def test_gradients_are_those_of_autograd():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    watch, inputs = TensorWatch(), torch.randn(4, 2)
    with watch.watching(model):
        model(inputs).square().sum().backward()
    hidden = model[0](inputs)
    (expected,) = torch.autograd.grad(hidden.tanh().square().sum(), hidden)
    found = {record.what: record for record in watch.backward}["output of 0"]
    assert found.lowest == pytest.approx(expected.min().item())
    assert found.highest == pytest.approx(expected.max().item())


def test_nothing_is_recorded_behind_the_context():
    model, watch = nn.Sequential(nn.Linear(2, 2)), TensorWatch()
    with watch.watching(model):
        pass
    model(torch.ones(1, 2))
    assert not watch.forward


def test_mask_of_minus_infinity_is_no_fault():
    class Masked(nn.Module):
        def forward(self, values: Tensor, mask: Tensor) -> Tensor:
            return (values + mask).softmax(dim=-1)

    model, watch = nn.ModuleDict({"masked": Masked()}), TensorWatch()
    mask = torch.tensor([0.0, -math.inf])
    with watch.watching(model):
        model["masked"](torch.ones(2), mask=mask)
    assert [record.what for record in watch.forward] == ["output of masked"]
    with watch.watching(model):
        model["masked"](torch.tensor([math.nan, 1.0]), mask=mask)
    assert [record.what for record in watch.forward][1] == "input of masked"
