"""The table of kernels holds what takes the time."""

import pytest
import torch

from iclip.benchmarks.gpu.kernel_times import SHOWN, record_kernels
from iclip.benchmarks.gpu.record import Record
from tests.benchmarks.gpu.recorded import TINY, by_name


def test_the_longest_comes_first_with_its_calls_and_its_share(record: Record):
    large, small = torch.randn(600, 600), torch.randn(2, 2)

    def step() -> None:
        for _ in range(3):
            large @ large
        small.exp()

    record_kernels("part", "step", step, TINY, record)
    lines = list(by_name(record).values())
    assert lines[0]["what"] == "step: aten::mm" and lines[0]["note"].startswith("3 calls, ")
    times = [line["value"] for line in lines]
    assert times == sorted(times, reverse=True) and len(lines) <= SHOWN
    share, whole = (
        float(lines[0]["note"].split(", ")[1].split(" % of ")[0]),
        float(lines[0]["note"].split(" % of ")[1].removesuffix(" ms")),
    )
    assert share == pytest.approx(100 * times[0] / whole, rel=0.02)
    assert any(line["what"] == "step: aten::exp" for line in lines)
