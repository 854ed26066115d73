"""The measured step is the training's."""

import copy

import pytest
import torch
from torch.optim import AdamW

from iclip.benchmarks.gpu.training import MethodStep
from iclip.benchmarks.inputs.made_up import build_method, made_up_batch
from tests.benchmarks.gpu.recorded import TINY


@pytest.mark.parametrize("config", ["iclip_swinb.py", "clip_swint_pairs100.py"])
def test_a_step_is_adamw_on_the_sum_of_the_losses(config: str):
    model = build_method(config, classes=3, tiny=True)
    plain = copy.deepcopy(model).train()
    batch = made_up_batch(model, 2, 3, 56)
    step = MethodStep(model, batch, TINY)
    torch.manual_seed(1)
    step()
    optimizer = AdamW(plain.parameters(), lr=1e-4, fused=False)
    torch.manual_seed(1)
    with torch.autocast("cpu", torch.bfloat16):
        losses = plain(**plain.data_preprocessor(batch, True), mode="loss")
    total = sum(losses.values())
    total.backward()
    optimizer.step()
    assert step.loss == pytest.approx(float(total.detach()))
    for (name, ours), theirs in zip(model.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, msg=lambda text, name=name: f"{name}: {text}")
        assert ours.grad is None
