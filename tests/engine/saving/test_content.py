"""Which weights count as finite, and which losses a checkpoint states."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from iclip.engine.saving.content import losses_of, weights_are_finite, without_training_state


def checkpoint(weight: float = 1.0, buffer: float = 1.0, average: float = 1.0) -> dict[str, Any]:
    return {
        "state_dict": {
            "weight": torch.tensor([1.0, weight]),
            "mask": torch.tensor([1.0, buffer]),
            "count": torch.tensor(3),
        },
        "ema_state_dict": {
            "module.weight": torch.tensor([1.0, average]),
            "module.mask": torch.tensor([1.0, buffer]),
            "steps": torch.tensor(3),
        },
    }


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", ["weight", "average"])
def test_weights_are_finite(place: str, value: float):
    assert weights_are_finite(checkpoint(), ["mask", "count"])
    assert not weights_are_finite(checkpoint(**{place: value}), ["mask", "count"])


@pytest.mark.parametrize(
    ("value", "finite"), [(math.nan, False), (math.inf, False), (-math.inf, True)]
)
def test_masks_may_hold_minus_infinity(value: float, finite: bool):
    assert weights_are_finite(checkpoint(buffer=value), ["mask", "count"]) is finite


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_every_floating_type_is_looked_at(dtype: torch.dtype):
    state = {"a": torch.tensor([1.0, math.nan], dtype=dtype)}
    assert not weights_are_finite({"state_dict": state}, [])


def test_losses_are_numbers():
    outputs: dict[str, Tensor | float] = {"loss": torch.tensor(1.5), "loss_con": 0.5, "lr": 3.0}
    assert losses_of(outputs) == {"loss": 1.5, "loss_con": 0.5}
    assert losses_of(None) == {}


def test_state_of_the_training_is_left_out():
    whole = {**checkpoint(), "optimizer": {}, "param_schedulers": [], "meta": {}}
    assert list(without_training_state(whole)) == ["state_dict", "ema_state_dict", "meta"]
