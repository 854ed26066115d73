"""The measured step of a backbone, and what is computed from its time."""

import copy

import pytest
import torch
from torch import nn
from torch.optim import AdamW

from iclip.benchmarks.gpu import backbone_speed
from iclip.benchmarks.gpu.backbone_speed import BackboneStep
from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.harness import machine
from tests.benchmarks.gpu.recorded import TINY, by_name


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 4, 4), nn.Flatten(2), nn.AdaptiveAvgPool1d(1), nn.Flatten()
    )


def test_a_step_is_adamw_on_the_mean_square_of_the_features():
    ours, plain = network(), network()
    images = torch.randn(2, 3, 8, 8)
    before = copy.deepcopy(ours.state_dict())
    BackboneStep(ours, ours, images, TINY)()
    optimizer = AdamW(plain.parameters(), lr=1e-4, fused=False)
    with torch.autocast("cpu", torch.bfloat16):
        features = plain(images)
    (features.float() ** 2).mean().backward()
    optimizer.step()
    for name, tensor in plain.state_dict().items():
        assert not torch.equal(tensor, before[name])
        torch.testing.assert_close(ours.state_dict()[name], tensor)


def test_rates_follow_from_the_time_and_the_cards_peak(
    record: Record, monkeypatch: pytest.MonkeyPatch
):
    images = torch.randn(4, 3, 8, 8)
    steps = {}
    for name in ("iclip", "timm"):
        made = network()
        steps[name] = BackboneStep(made, made, images, TINY)
    monkeypatch.setattr(backbone_speed, "medians", lambda *_: ({"iclip": 0.5, "timm": 2.0}, 3))
    monkeypatch.setattr(machine, "peak_tflops", lambda _: 100.0)
    backbone_speed._compare(steps, int(5e12), TINY, record)
    found = by_name(record)
    ours, theirs = (found[f"{name}: forward + backward + optimizer"] for name in steps)
    assert (ours["value"], theirs["value"]) == (4 / 0.5, 4 / 2.0)
    assert ours["note"] == (
        "8 px, batch 4, bf16, 3 rounds; 10 TFLOP/s; 10.0 % of 100; time over iclip's 1.00"
    )
    assert theirs["note"].endswith("2.5 TFLOP/s; 2.5 % of 100; time over iclip's 4.00")
