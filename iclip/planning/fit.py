"""Which sizes and settings fit the memory, found by tracing them."""

from collections.abc import Callable, Iterator, Sequence

from iclip.batch_sizes import BatchSizes
from iclip.planning.plan import Step, needed_gib
from iclip.planning.traced_step import TracedStep

# Told about each trace before it begins.
Say = Callable[[str], object]
# What trades time for memory in the image tower.
_CHECKPOINTING = {"with_cp": True}
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


def remedies(
    step: Step, sizes: BatchSizes, before: TracedStep, memory_gib: float, say: Say
) -> Iterator[str]:
    """Try what makes a step that does not fit smaller; yield what came of each change.

    Args:
        step: The step.
        sizes: Sizes that do not fit.
        before: Their trace.
        memory_gib: Memory of a GPU.
        say: Is told what is tried.
    """

    def outcome(traced: TracedStep) -> str:
        needed = needed_gib(traced)
        work = traced.account.flops.total() / before.account.flops.total() - 1
        verdict = "fits" if needed <= memory_gib else "does not fit either"
        return f"{needed:.1f} GiB, {work:+.0%} operations per GPU: {verdict}"

    smaller = step.smaller(sizes)
    found = largest_fitting(step, smaller, memory_gib, say)
    if found is not None:
        yield f"{step.micro_batch_option}{found[0].micro_batch_size}: {outcome(found[1])}"
    elif smaller:
        yield f"no smaller micro-batch fits, not even {smaller[0].micro_batch_size}"
    say("activation checkpointing in the image tower")
    yield (
        "--cfg-options model.backbone.with_cp=True: "
        f"{outcome(step.trace(sizes, backbone=_CHECKPOINTING))}"
    )
    if found is None and smaller:
        say("both together")
        traced = step.trace(smaller[0], backbone=_CHECKPOINTING)
        yield f"both, with a micro-batch of {smaller[0].micro_batch_size}: {outcome(traced)}"
    yield from _more_gpus(step, sizes, memory_gib, say, outcome)


def _more_gpus(
    step: Step, sizes: BatchSizes, memory_gib: float, say: Say, outcome: Callable[[TracedStep], str]
) -> Iterator[str]:
    """Try more GPUs, until the step fits."""
    for times in _MORE_GPUS:
        more = step.on_more_gpus(sizes, times * sizes.processes)
        if more is None:
            return
        say(f"{more.processes} GPUs")
        traced = step.trace(more)
        yield f"--gpus {more.processes} ({more.describe('cuda')}): {outcome(traced)}"
        if needed_gib(traced) <= memory_gib:
            return
