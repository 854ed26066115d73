"""What the parts of the benchmark are given: the device, the sizes, the time."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Settings:
    """How to measure.

    Attributes:
        device: ``cuda`` or ``cpu``.
        tiny: Small forms of everything, for a CPU.
        until: Time of the clock (``time.time()``) at which the part must be done.
        rounds: Of interleaved measurements, after one to warm up.
    """

    device: str = "cuda"
    tiny: bool = False
    until: float = float("inf")
    rounds: int = 5

    @property
    def left(self) -> float:
        """Seconds that the part still has."""
        return self.until - time.time()

    def autocast(self, precision: torch.dtype = torch.bfloat16) -> AbstractContextManager[Any]:
        """Half precision, also on a CPU."""
        return torch.autocast(self.device, precision)

    def wait(self) -> None:
        """Waits until the device has done its work."""
        if self.device == "cuda":
            torch.cuda.synchronize()

    def free(self) -> None:
        """Give memory back that no tensor uses."""
        if self.device == "cuda":
            torch.cuda.empty_cache()

    @contextmanager
    def memory(self) -> Iterator["Peak"]:
        """Measures the GPU's memory from here on."""
        peak = Peak()
        if self.device == "cuda":
            self.wait()
            torch.cuda.reset_peak_memory_stats()
            before = torch.cuda.memory_allocated()
        yield peak
        if self.device == "cuda":
            self.wait()
            most = torch.cuda.max_memory_allocated()
            peak.total, peak.above = most / 2**30, (most - before) / 2**30


@dataclass
class Peak:
    """Most memory that tensors took, in GiB; 0 on a CPU, where it is not measured.

    Attributes:
        total: Of all tensors.
        above: More than before.
    """

    total: float = 0.0
    above: float = 0.0

    def __str__(self) -> str:
        return f"peak {self.total:.2f} GiB, {self.above:.2f} above before" if self.total else ""
