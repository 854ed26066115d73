"""A plan as a page for a terminal."""

from collections.abc import Iterator, Sequence

from iclip.planning.ledger import STAGES
from iclip.planning.plan import ALLOCATOR_SLACK, CONTEXT_GIB, GIB, UTILIZATION, Plan

_LABEL = 10


def plan_text(plan: Plan) -> str:
    """Write a plan as text."""
    return "\n".join(_lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    hardware = plan.hardware
    name = f" ({hardware.name})" if hardware.name else ""
    yield f"{plan.config} on {hardware.gpus} x {hardware.memory_gib:g} GiB{name}"
    yield "computed on fake tensors from the real modules; nothing of it was measured on a GPU"
    yield ""
    yield _entry("step", plan.sizes.describe("cuda"))
    yield from _memory(plan)
    yield from _work(plan)
    sent = ", ".join(f"{what} {count / 1e9:.2f}" for what, count in plan.step.account.sent.items())
    if sent:
        total = plan.step.account.sent.total() / 1e9
        yield _entry("network", f"{total:.2f} GB sent per GPU and step: {sent}")
    yield from _time(plan)
    yield _entry(
        "disk",
        f"{plan.checkpoint_bytes / 1e9:.1f} GB for "
        f"{plan.kept_checkpoints} checkpoints of {plan.step.state_bytes / 1e9:.2f} GB",
    )
    if plan.index_bytes_per_pair:
        yield _entry(
            "", f"{plan.index_bytes_per_pair} MB of indices for each million pairs in shards"
        )
    yield from _listed("to fit", plan.remedies)
    yield from _listed("notes", plan.notes)


def _memory(plan: Plan) -> Iterator[str]:
    verdict = "it fits" if plan.fits else "IT DOES NOT FIT"
    yield _entry(
        "memory",
        f"{plan.needed_gib:.1f} GiB needed per GPU of {plan.hardware.memory_gib:g}: {verdict}",
    )
    for part, count in plan.step.account.peak.most_common():
        yield _entry("", f"{part:<20} {count / GIB:8.2f} GiB")
    yield _entry("", f"{'sum at the peak':<20} {plan.step.peak_gib:8.2f} GiB")
    beside = plan.needed_gib - plan.step.peak_gib
    yield _entry(
        "",
        f"{'beside the tensors':<20} {beside:8.2f} GiB, assumed: context and NCCL "
        f"{CONTEXT_GIB:g} GiB, allocator {ALLOCATOR_SLACK:.0%}",
    )


def _work(plan: Plan) -> Iterator[str]:
    account = plan.step.account
    yield _entry("work", f"{plan.step.tflop:.1f} TFLOP per GPU and step")
    stages = [stage for stage in STAGES if account.flops_of(stage=stage)]
    yield _entry("", f"{'':<20}" + "".join(f"{stage:>18}" for stage in stages))
    for part in dict.fromkeys(work.part for work in account.flops):
        counts = [account.flops_of(part=part, stage=stage) / 1e12 for stage in stages]
        yield _entry("", f"{part:<20}" + "".join(f"{count:18.2f}" for count in counts))


def _time(plan: Plan) -> Iterator[str]:
    seconds = plan.step_seconds
    if seconds is None:
        yield _entry("time", "not known for a GPU that only its memory names; give --gpu")
        return
    low, high = UTILIZATION
    at = f"at {low:.0%} to {high:.0%} of the GPU's peak rate (assumed)"
    yield _entry("time", f"{_range(seconds)} s per step {at}")
    if plan.days is None:
        yield _entry("", "how many steps the run has follows from its data")
    else:
        yield _entry("", f"{_range(plan.days)} days for {plan.max_iters:,} steps")
    samples = plan.per_second(sum(plan.samples.values()))
    reads = plan.per_second(plan.reads_per_step)
    yield _entry("data", f"{_range(samples)} samples per s, {_range(reads)} file reads per s")


def _range(ends: Sequence[float] | None) -> str:
    """Write two numbers with two digits that count."""
    assert ends is not None
    low, high = (f"{float(f'{end:.2g}'):,.10g}" for end in ends)
    return f"{low} to {high}"


def _listed(label: str, sentences: Sequence[str]) -> Iterator[str]:
    for place, sentence in enumerate(sentences):
        yield _entry("" if place else label, sentence)


def _entry(label: str, text: str) -> str:
    return f"{label:<{_LABEL}}{text}".rstrip()
