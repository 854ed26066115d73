"""A run of the protocol stands beside the paper, and the other rows are folded."""

from pathlib import Path

import pytest

from tests.support.paper_runs import write_half
from tests.support.run_folder import (
    row,
    sections,
)

pytestmark = pytest.mark.usefixtures("without_plots")


def test_run_of_the_protocol_stands_beside_the_paper(tmp_path: Path):
    write_half(tmp_path / "half", {"imagenet1k/top1": 44.4, "coco/ir_r1": 16.0})
    first, others, second, *_ = sections(tmp_path)["paper"]["tables"]
    assert row(first, "50 : 50  iCLIP, IN-1K top-1")[1:] == [
        "45.9", "44.4", "-1.5", "50,000 of 50,000", "-", "half, validation in training, fp32",
        "not apart: 1.5 off, 8.5 allowed (one run; spread of the toy world's: 3 runs, ± 1.4)", "-",
    ]  # fmt: skip
    assert row(first, "50 : 50  iCLIP, COCO TR")[1:5] == ["27.2", "-", "-", "-"]
    assert row(first, "50 : 50  iCLIP, COCO TR")[5] == "not measured by half"
    assert [cells[0].split(" iCLIP")[0] for cells in others["rows"][3:6]] == ["90 : 10 "] * 3
    assert others["folded"] == "5 rows: no run of this protocol"
    assert row(others, "75 : 25")[1:6] == ["43.9", "-", "-", "-", "no run of this protocol"]
    # Table 2's half-data row has the same protocol.
    assert row(second, "iCLIP, YFCC-14M + IN-21K (half), COCO IR")[1:4] == ["15.5", "16.0", "+0.5"]
