"""Where the time of a step goes: the kernels that take most of it, by torch's profiler."""

from collections.abc import Callable
from typing import Any

from torch.profiler import ProfilerActivity, profile, supported_activities

from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.harness.settings import Settings

SHOWN = 12
NAME_LENGTH = 110


def record_kernels(
    part: str, what: str, step: Callable[[], object], settings: Settings, record: Record
) -> None:
    """Profile one call, and record the longest kernels; without a GPU, operators.

    Args:
        part: The part of the measurements.
        what: What is called.
        step: It has run before.
        settings: The device.
        record: Receives the milliseconds of each, with its calls and its share of all.
    """
    gpu = ProfilerActivity.CUDA in supported_activities()
    activity = ProfilerActivity.CUDA if gpu else ProfilerActivity.CPU
    with profile(activities=[activity]) as profiler:
        step()
        settings.wait()
    events = profiler.key_averages()
    times = {event: _microseconds(event, gpu) for event in events}
    whole = sum(times.values())
    for event in sorted(times, key=lambda event: -times[event])[:SHOWN]:
        note = f"{event.count} calls, {100 * times[event] / whole:.1f} % of {whole / 1e3:.3g} ms"
        name = f"{what}: {event.key[:NAME_LENGTH]}"
        record.add(part, name, times[event] / 1e3, "ms", note)


def _microseconds(event: Any, gpu: bool) -> float:
    """Return an event's own time, without what it calls."""
    return event.self_device_time_total if gpu else event.self_cpu_time_total
