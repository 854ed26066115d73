"""The head of a table of measurements: card, driver, versions; work, and the card's rate of it."""

import platform
import subprocess
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from iclip.engine.saving.checkpoint_meta import versions
from iclip.engine.start.provenance import commit, hardware
from iclip.gpu_models import model_of_card


def head(device: str) -> dict[str, Any]:
    """Return what the measurements were made with, by name."""
    machine = hardware()
    found: dict[str, Any] = {
        "device": device,
        "processor": f"{machine['processor']}, {machine['cores']} cores",
        "threads": torch.get_num_threads(),
        "versions": ", ".join(f"{name} {number}" for name, number in versions().items()),
        "python": platform.python_version(),
        "commit": commit() or "unknown",
    }
    if device == "cuda":
        properties = torch.cuda.get_device_properties(0)
        found |= {
            "card": properties.name,
            "memory": f"{properties.total_memory / 2**30:.1f} GiB",
            "multiprocessors": properties.multi_processor_count,
            "driver": _driver(),
            "CUDA of torch": torch.version.cuda,
        }
    return found


def peak_tflops(device: str) -> float | None:
    """Return the card's peak rate in bfloat16; None for an unknown card or a CPU."""
    model = model_of_card(torch.cuda.get_device_name(0)) if device == "cuda" else None
    return None if model is None else model.tflops


def flops_of(step: Callable[[], object]) -> int:
    """Count a call's floating-point operations, those of recomputed activations included."""
    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def rate_notes(flops: int, seconds: float, device: str) -> list[str]:
    """Say the rate of so many operations, and its share of the card's peak where that is known."""
    tflops = flops / seconds / 1e12
    peak = peak_tflops(device)
    share = [f"{100 * tflops / peak:.1f} % of {peak:.0f}"] if peak else []
    return [f"{tflops:.3g} TFLOP/s", *share]


def _driver() -> str:
    """Ask nvidia-smi for the driver's version."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError) as error:
        return f"unknown ({type(error).__name__})"
    return told.stdout.strip().splitlines()[0]
