import pytest
import torch

from iclip.checkpoints.finite import are_finite


@pytest.mark.parametrize(("value", "finite"), [("nan", False), ("inf", False), ("-inf", True)])
def test_finite_weights(value: str, finite: bool):
    assert are_finite([torch.tensor([1.0, float(value)]), torch.tensor(3)]) is finite
