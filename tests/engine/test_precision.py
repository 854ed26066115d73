from contextlib import nullcontext

import pytest
import torch
from torch import nn

from iclip.engine import PrecisionOptimWrapper, precision
from iclip.engine.precision import autocast, autocast_dtype


@pytest.mark.parametrize(
    ("setting", "hardware", "dtype"),
    [
        ("auto", True, torch.bfloat16),
        ("auto", False, None),
        ("bf16", True, torch.bfloat16),
        ("bf16", False, torch.bfloat16),
        ("fp32", True, None),
    ],
)
def test_setting_and_hardware_decide(
    setting: str, hardware: bool, dtype: torch.dtype | None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(precision, "multiplies_bf16", lambda device_type: hardware)
    assert autocast_dtype(setting, "cpu") == dtype


def test_bf16_on_a_gpu_without_it_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(precision, "multiplies_bf16", lambda device_type: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Old GPU")
    with pytest.raises(ValueError, match="Old GPU has no bfloat16 arithmetic; use 'auto'"):
        autocast_dtype("bf16", "cuda")
    assert autocast_dtype("auto", "cuda") is None


def test_unknown_setting_lists_the_known_ones():
    with pytest.raises(ValueError, match="precision='fp16'; it takes one of auto, bf16, fp32"):
        autocast("fp16")


def test_cpu_is_asked_for_its_instructions(monkeypatch: pytest.MonkeyPatch):
    answers = [{"avx512_bf16": True}, {"amx_bf16": True}, {"avx2": True}]
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: answers.pop(0), raising=False)
    assert [precision.multiplies_bf16("cpu") for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("avx", [True, False])
@pytest.mark.parametrize("amx", [True, False])
def test_cpu_of_an_older_pytorch_is_asked_for_its_instructions(
    avx: bool, amx: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)
    assert precision.multiplies_bf16("cpu") == (avx or amx)


@pytest.mark.parametrize(("setting", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float32)])
def test_forward_runs_in_the_type_and_weights_stay_float32(setting: str, dtype: torch.dtype):
    model = nn.Linear(4, 4)
    wrapper = PrecisionOptimWrapper(torch.optim.AdamW(model.parameters()), precision=setting)
    if torch.cuda.is_available() and setting == "bf16":
        pytest.skip("this context is the GPU's")
    with wrapper.optim_context(model):
        output = model(torch.ones(1, 4))
    assert output.dtype == dtype
    wrapper.update_params(output.float().sum())
    assert model.weight.dtype == torch.float32


def test_fp32_costs_nothing():
    assert autocast("fp32") is nullcontext


def test_the_caller_keeps_its_clip_settings():
    clip = {"type": "norm", "max_norm": 1.0}
    optimizer = torch.optim.AdamW(nn.Linear(1, 1).parameters())
    PrecisionOptimWrapper(optimizer, precision="fp32", clip_grad=clip)
    assert clip == {"type": "norm", "max_norm": 1.0}
