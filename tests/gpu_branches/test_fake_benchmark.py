"""The benchmark's own code on CUDA tensors; its numbers mean nothing here."""

from pathlib import Path

import pytest
import torch
from mmengine.model import BaseModel
from torch import nn

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.benchmarks.gpu import parts
from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.harness.settings import Settings
from tests.gpu_branches.valued_cuda import move_to_valued_cuda, valued_cuda


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace what the benchmark reads from a GPU by values of one."""
    answers = {
        "synchronize": None,
        "empty_cache": None,
        "reset_peak_memory_stats": None,
        "memory_allocated": 2**30,
        "max_memory_allocated": 3 * 2**30,
        "get_device_name": "NVIDIA H100 80GB HBM3",
        "is_bf16_supported": True,
        "current_device": 0,
        "device_count": 1,
        "is_current_stream_capturing": False,
    }
    for name, answer in answers.items():
        monkeypatch.setattr(torch.cuda, name, lambda *_, answer=answer, **__: answer)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for cls in (nn.Module, BaseModel):
        monkeypatch.setattr(cls, "to", lambda model, _: move_to_valued_cuda(model))


@pytest.mark.parametrize("part", ["attention", "backbone", "joint step"])
def test_a_part_computes_on_the_gpu_and_reads_its_memory(part: str, tmp_path: Path, card: None):
    record = Record(tmp_path / "gpu")
    record.start({})
    with valued_cuda():
        parts.load_part(part)(Settings("cuda", tiny=True, rounds=1), record)
    lines = [line for line in record.read() if "what" in line]
    assert lines and not [line for line in lines if "error" in line]
    memory = [f"{line['value']} {line['note']}" for line in lines]
    assert any("peak 3.00 GiB, 2.00 above before" in text or "3.0 " in text for text in memory)
    if part == "backbone":
        assert "% of 989" in lines[0]["note"]
