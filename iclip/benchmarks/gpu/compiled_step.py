"""Part 7: the joint step with compiled towers, which takes the compiler minutes.

Not measured yet: on an H200 with 16 cores, compiling had not ended after 130 seconds.
"""

from iclip.benchmarks.gpu.joint_step import PLANNED_GIB, TINY, build_step, record_whole
from iclip.benchmarks.gpu.kernel_times import record_kernels
from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.harness.machine import flops_of
from iclip.benchmarks.harness.settings import Settings
from iclip.benchmarks.harness.timing import seconds_of
from iclip.engine.compiled_towers import compile_towers

NAME = "compiled step"


def run(settings: Settings, record: Record) -> None:
    """Record the time of compiling, and that of a step afterwards."""
    what, step = build_step(max(TINY if settings.tiny else PLANNED_GIB), settings)
    flops = flops_of(step)  # of a compiled tower, none are counted
    # On a CPU, inductor needs a C++ compiler; "eager" checks that the graph is captured.
    compile_towers(step.model, True if settings.device == "cuda" else {"backend": "eager"})
    with record.attempt(NAME, what):
        seconds = seconds_of(step, settings)
        record.add(NAME, f"{what}: compilation", seconds, "s", "the first compiled step")
        record_whole(NAME, f"{what}: whole step", step, settings, record, flops)
        record_kernels(NAME, what, step, settings, record)
