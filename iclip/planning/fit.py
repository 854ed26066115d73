"""Which sizes and settings fit the memory, found by tracing them."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from iclip.batch_sizes import BatchSizes
from iclip.planning.plan import Step, needed_gib
from iclip.planning.traced_step import TracedStep

# Told about each trace before it begins.
Say = Callable[[str], object]
# What is said of a change, the sizes, and changes to the backbone's settings.
Change = tuple[str, BatchSizes, Mapping[str, Any] | None]
# Forms of the image tower's checkpointing, the one that needs least memory last.
_CHECKPOINTING: tuple[bool | str, ...] = ("cheap", True)
# Times the GPUs that are given.
_MORE_GPUS = (2, 4, 8)


def largest_fitting(
    step: Step, candidates: Sequence[BatchSizes], memory_gib: float, say: Say
) -> tuple[BatchSizes, TracedStep] | None:
    """Find the largest micro-batch that fits, by bisection: memory grows with the micro-batch.

    Args:
        step: The step.
        candidates: Its sizes with each micro-batch, ascending.
        memory_gib: Memory of a GPU.
        say: Is told what is tried.

    Returns:
        The sizes and their trace; None if none of them fits.
    """
    found, low, high = None, 0, len(candidates)
    while low < high:
        middle = (low + high) // 2
        say(f"a micro-batch of {candidates[middle].micro_batch_size:,}")
        traced = step.trace(candidates[middle])
        if needed_gib(traced) <= memory_gib:
            found, low = (candidates[middle], traced), middle + 1
        else:
            high = middle
    return found


class Remedies:
    """Changes to a step that does not fit, each of them tried.

    Args:
        step: The step.
        sizes: Sizes that do not fit.
        before: Their trace.
        memory_gib: Memory of a GPU.
        say: Is told what is tried.
    """

    def __init__(
        self, step: Step, sizes: BatchSizes, before: TracedStep, memory_gib: float, say: Say
    ) -> None:
        self._step, self._sizes, self._before = step, sizes, before
        self._memory_gib, self._say = memory_gib, say

    def __iter__(self) -> Iterator[str]:
        """Yield each change with what came of it."""
        smaller = self._step.smaller(self._sizes)
        found = largest_fitting(self._step, smaller, self._memory_gib, self._say)
        if found is not None:
            change = f"{self._step.micro_batch_option}{found[0].micro_batch_size}"
            yield self._outcome(change, found[1])[0]
        elif smaller:
            yield f"no smaller micro-batch fits, not even {smaller[0].micro_batch_size}"
        fits = yield from self._first_that_fits(
            (f"--cfg-options model.backbone.with_cp={form}", self._sizes, {"with_cp": form})
            for form in _CHECKPOINTING
        )
        if smaller and found is None and not fits:
            least = smaller[0]
            change = f"{self._step.micro_batch_option}{least.micro_batch_size} with with_cp=True"
            yield from self._first_that_fits([(change, least, {"with_cp": True})])
        more = (self._step.on_more_gpus(self._sizes, n * self._sizes.processes) for n in _MORE_GPUS)
        yield from self._first_that_fits(
            (f"--gpus {sizes.processes} ({sizes.describe('cuda')})", sizes, None)
            for sizes in more
            if sizes is not None
        )

    def _first_that_fits(self, changes: Iterable[Change]) -> Generator[str, None, bool]:
        """Try changes until one fits; yield what came of each, and return whether one does."""
        for change, sizes, backbone in changes:
            self._say(change)
            text, fits = self._outcome(change, self._step.trace(sizes, backbone))
            yield text
            if fits:
                return True
        return False

    def _outcome(self, change: str, traced: TracedStep) -> tuple[str, bool]:
        needed = needed_gib(traced)
        work = traced.tflop / self._before.tflop - 1
        fits = needed <= self._memory_gib
        verdict = "fits" if fits else "does not fit either"
        return f"{change}: {needed:.1f} GiB, {work:+.0%} operations per GPU: {verdict}", fits
