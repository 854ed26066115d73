"""What stands above a table of measurements."""

import subprocess

import pytest
import torch

from iclip.benchmarks.harness import machine


@pytest.mark.parametrize(
    ("card", "peak"),
    [
        ("NVIDIA H100 80GB HBM3", 989.0),
        ("NVIDIA H100 PCIe", 756.0),
        ("NVIDIA A100-SXM4-80GB", 312.0),
        ("NVIDIA GeForce RTX 2080", None),
    ],
)
def test_peak_rate_is_the_cards(card: str, peak: float | None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: card)
    assert machine.peak_tflops("cuda") == peak


def test_a_cpu_has_no_peak_rate():
    assert machine.peak_tflops("cpu") is None


def test_head_of_a_cpu_names_processor_versions_and_commit_only():
    head = machine.head("cpu")
    assert [*head] == ["device", "processor", "threads", "versions", "python", "commit"]
    assert f"torch {torch.__version__}" in head["versions"]


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    class Properties:
        name, total_memory, multi_processor_count = "NVIDIA H100", 80 * 2**30, 132

    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: Properties)


def test_head_of_a_gpu_names_card_and_driver(card: None, monkeypatch: pytest.MonkeyPatch):
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess:
        return subprocess.CompletedProcess(command, 0, stdout="570.86\n570.86\n")

    monkeypatch.setattr(subprocess, "run", run)
    head = machine.head("cuda")
    assert (head["card"], head["memory"], head["driver"]) == ("NVIDIA H100", "80.0 GiB", "570.86")


def test_a_driver_that_does_not_answer_is_said(card: None, monkeypatch: pytest.MonkeyPatch):
    def run(command: list[str], **_: object) -> None:
        raise FileNotFoundError(command[0])

    # Only nvidia-smi is absent; git answers for the commit as ever.
    monkeypatch.setattr(machine, "hardware", lambda: {"processor": "p", "cores": 1})
    monkeypatch.setattr(machine, "commit", lambda: None)
    monkeypatch.setattr(subprocess, "run", run)
    head = machine.head("cuda")
    assert (head["driver"], head["commit"]) == ("unknown (FileNotFoundError)", "unknown")


def test_work_is_two_operations_for_each_product_of_two_numbers(monkeypatch: pytest.MonkeyPatch):
    left, right = torch.randn(3, 5), torch.randn(5, 7)
    assert machine.flops_of(lambda: left @ right) == 2 * 3 * 5 * 7
    assert machine.rate_notes(int(5e12), 0.5, "cpu") == ["10 TFLOP/s"]
    monkeypatch.setattr(machine, "peak_tflops", lambda _: 40.0)
    assert machine.rate_notes(int(5e12), 0.5, "cuda") == ["10 TFLOP/s", "25.0 % of 40"]
