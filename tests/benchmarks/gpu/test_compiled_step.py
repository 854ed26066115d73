"""The step that is measured with compiled towers is one with compiled towers."""

import torch

from iclip.benchmarks.gpu import compiled_step, joint_step
from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.harness.machine import flops_of
from tests.benchmarks.gpu.recorded import TINY, by_name


def test_towers_are_compiled_and_the_work_is_that_of_the_plain_step(record: Record):
    torch._dynamo.reset()
    counters = torch._dynamo.utils.counters
    counters.clear()
    compiled_step.run(TINY, record)
    assert counters["stats"]["unique_graphs"] >= 2  # the images' tower, and the texts'
    compilation, whole, *_kernels = by_name(record).values()
    assert compilation["value"] * 1e3 > whole["value"] > 0
    flops = flops_of(joint_step.build_step(5, TINY)[1])
    assert f"{flops / 1e12:.3g} TFLOP;" in whole["note"] and flops > 0
