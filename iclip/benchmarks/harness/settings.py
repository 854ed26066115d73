"""What a measurement is given: the device, the sizes, the time."""

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
        tiny: Measure small models on small inputs, for a CPU.
        until: When the measurement must be done, as ``time.time()`` counts.
        rounds: Interleaved rounds after one warm-up.
    """

    device: str = "cuda"
    tiny: bool = False
    until: float = float("inf")
    rounds: int = 5

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.until - time.time()

    def autocast(self, precision: torch.dtype = torch.bfloat16) -> AbstractContextManager[Any]:
        """Return a context of half precision on the device."""
        return torch.autocast(self.device, precision)

    def wait(self) -> None:
        """Wait until the device has done its work."""
        if self.device == "cuda":
            torch.cuda.synchronize()

    def free(self) -> None:
        """Give memory that no tensor uses back to the device."""
        if self.device == "cuda":
            torch.cuda.empty_cache()

    @contextmanager
    def memory(self) -> Iterator["Peak"]:
        """Measure the GPU's memory within the block."""
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
    """Peak memory of tensors in GiB; 0 on a CPU, where it is not measured.

    Attributes:
        total: Peak of all tensors.
        above: The same without what tensors took before.
    """

    total: float = 0.0
    above: float = 0.0

    def __str__(self) -> str:
        return f"peak {self.total:.2f} GiB, {self.above:.2f} above before" if self.total else ""
