"""The setting and the hardware decide about the number type of forward passes."""

from contextlib import nullcontext

import pytest
import torch

from iclip.engine import precision
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


@pytest.fixture
def old_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU without bfloat16 arithmetic."""
    monkeypatch.setattr(precision, "multiplies_bf16", lambda device_type: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Old GPU")


def test_bf16_on_a_gpu_without_it_is_refused(old_gpu: None):
    with pytest.raises(ValueError, match="Old GPU has no bfloat16 arithmetic; use 'auto'"):
        autocast_dtype("bf16", "cuda")


def test_auto_on_a_gpu_without_bf16_is_fp32(old_gpu: None):
    assert autocast_dtype("auto", "cuda") is None


def test_unknown_setting_lists_the_known_ones():
    with pytest.raises(ValueError, match="precision='fp16'; it takes one of auto, bf16, fp32"):
        autocast("fp16")


@pytest.mark.parametrize(
    ("instructions", "expected"), [("avx512_bf16", True), ("amx_bf16", True), ("avx2", False)]
)
def test_cpu_is_asked_for_its_instructions(
    instructions: str, expected: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {instructions: True}, raising=False)
    assert precision.multiplies_bf16("cpu") is expected


@pytest.mark.parametrize("avx", [True, False])
@pytest.mark.parametrize("amx", [True, False])
def test_cpu_of_an_older_pytorch_is_asked_for_its_instructions(
    avx: bool, amx: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)
    assert precision.multiplies_bf16("cpu") == (avx or amx)


def test_fp32_costs_nothing():
    assert autocast("fp32") is nullcontext
