"""A plan: whether a training fits its GPUs, and what it takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from iclip.batch_sizes import BatchSizes
from iclip.datasets.readers.tar_index import INDEX_BYTES_PER_SAMPLE
from iclip.gpu_models import GpuModel
from iclip.planning.ledger import STAGES
from iclip.planning.traced_step import TracedStep

GIB = 2**30
# Beside the tensors' peak, both assumed: what the allocator holds in pieces too small to be used,
# as a share of the peak; the CUDA context with its kernels, cuBLAS's workspace and NCCL's buffers.
ALLOCATOR_SLACK, CONTEXT_GIB = 0.05, 1.5
# Share of the peak rate that the step reaches, assumed. On an H200, the eager joint step of
# iclip_swinb reached 11 %, Swin-B alone 12 %, Swin-B compiled 21 %.
UTILIZATION = (0.10, 0.25)
# A labelled image is one file or member; of a pair, the image and its text are read.
READS_PER_SAMPLE = {"labelled": 1, "pairs": 2}

# The least and the most.
Range = tuple[float, float]


class Step(Protocol):
    """A config's step that can be traced with any sizes.

    Attributes:
        notes: What is assumed about data that is not there, and what is left out.
        micro_batch_option: What sets the samples that a GPU computes at once.
    """

    notes: list[str]
    micro_batch_option: str

    def sizes(self, gpus: int) -> BatchSizes:
        """Return the sizes that the config states."""

    def smaller(self, sizes: BatchSizes) -> list[BatchSizes]:
        """Return the step with each smaller micro-batch, ascending."""

    def on_more_gpus(self, sizes: BatchSizes, gpus: int) -> BatchSizes | None:
        """Return the step on more GPUs; None if they cannot share it or that changes nothing."""

    def samples(self, sizes: BatchSizes) -> dict[str, int]:
        """Return the samples per step and source."""

    def trace(self, sizes: BatchSizes, backbone: Mapping[str, Any] | None = None) -> TracedStep:
        """Trace the step with these sizes and changes to the backbone's settings."""


@dataclass(frozen=True)
class Hardware:
    """The GPUs of a plan.

    Attributes:
        gpus: Their number.
        memory_gib: Memory of each.
        name: Their name; empty if only the memory is known.
        model: What the table has of them; None if only the memory is known.
    """

    gpus: int
    memory_gib: float
    name: str = ""
    model: GpuModel | None = None


@dataclass(frozen=True)
class Plan:
    """What a training takes.

    Attributes:
        config: The config's file.
        hardware: The GPUs.
        sizes: The sizes of the step.
        step: What was traced.
        notes: What is assumed, sentence by sentence.
        max_iters: Optimizer steps of the run; None if the data decide it.
        samples: Samples per step and source.
        kept_checkpoints: Checkpoints on the disk, with the one that is being written.
        remedies: Changes that were tried because the step does not fit, and what came of them.
    """

    config: str
    hardware: Hardware
    sizes: BatchSizes
    step: TracedStep
    notes: list[str]
    max_iters: int | None
    samples: dict[str, int]
    kept_checkpoints: int
    remedies: list[str] = field(default_factory=list)

    @property
    def needed_gib(self) -> float:
        """The tensors' peak with what is assumed beside it."""
        return needed_gib(self.step)

    @property
    def fits(self) -> bool:
        """Whether the step fits into the memory."""
        return self.needed_gib <= self.hardware.memory_gib

    @property
    def step_seconds(self) -> Range | None:
        """The least and the most time of a step; None for GPUs without a known rate."""
        model = self.hardware.model
        if model is None:
            return None
        rates = {"float32": model.float32_tflops}
        at_peak = sum(
            count / 1e12 / rates.get(work.dtype, model.tflops)
            for work, count in self.step.account.flops.items()
        )
        low, high = UTILIZATION
        return at_peak / high, at_peak / low

    @property
    def days(self) -> Range | None:
        """The least and the most time of the run; None if it is not known."""
        seconds = self.step_seconds
        if seconds is None or self.max_iters is None:
            return None
        fast, slow = (self.max_iters * second / 86_400 for second in seconds)
        return fast, slow

    def per_second(self, per_step: int) -> Range | None:
        """Return the least and the most of something per second; None if that is not known."""
        if self.step_seconds is None:
            return None
        fast, slow = self.step_seconds
        return per_step / slow, per_step / fast

    @property
    def reads_per_step(self) -> int:
        """Files or members of tars that are read per step, on all ranks."""
        return sum(READS_PER_SAMPLE[source] * count for source, count in self.samples.items())

    @property
    def checkpoint_bytes(self) -> int:
        """What all kept checkpoints take on the disk."""
        return self.kept_checkpoints * self.step.state_bytes

    @property
    def index_bytes_per_pair(self) -> int:
        """What the indices of shards take on each machine's disk, per pair that is in store."""
        return INDEX_BYTES_PER_SAMPLE if self.samples.get("pairs") else 0

    def as_json(self) -> dict[str, Any]:
        """Return the plan as plain values; the keys name the units."""
        account = self.step.account
        return {
            "config": self.config,
            "gpus": self.hardware.gpus,
            "gpu": self.hardware.name or None,
            "memory_gib": self.hardware.memory_gib,
            "fits": self.fits,
            "peak_gib": self.step.peak_gib,
            "needed_gib": self.needed_gib,
            "micro_batch_size": self.sizes.micro_batch_size,
            "accumulation": self.sizes.accumulation,
            "global_batch_size": self.sizes.global_batch_size,
            "tflop_per_step": self.step.tflop,
            "sent_gb_per_step": account.sent.total() / 1e9,
            "parts": {name: self._part(name) for name in account.parts},
            "step_seconds": self.step_seconds,
            "max_iters": self.max_iters,
            "days": self.days,
            "samples_per_second": self.per_second(sum(self.samples.values())),
            "reads_per_second": self.per_second(self.reads_per_step),
            "checkpoints_gb": self.checkpoint_bytes / 1e9,
            "index_bytes_per_pair": self.index_bytes_per_pair,
            "remedies": self.remedies,
            "notes": self.notes,
        }

    def _part(self, name: str) -> dict[str, Any]:
        account = self.step.account
        flops = {stage: account.flops_of(part=name, stage=stage) for stage in STAGES}
        return {
            "gib": account.peak[name] / GIB,
            "tflop": {stage: count / 1e12 for stage, count in flops.items() if count},
            "sent_gb": account.sent[name] / 1e9,
        }


def needed_gib(step: TracedStep) -> float:
    """Return what a GPU needs for a step: the tensors' peak and what is assumed beside it."""
    return step.peak_gib * (1 + ALLOCATOR_SLACK) + CONTEXT_GIB
