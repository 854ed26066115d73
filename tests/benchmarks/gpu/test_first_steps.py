import math

import pytest

from iclip.benchmarks.gpu import first_steps
from iclip.benchmarks.gpu.record import Record
from iclip.doctor import Capability
from tests.benchmarks.gpu.recorded import TINY, by_name


def test_first_steps_are_of_all_methods_and_transfers(
    record: Record, monkeypatch: pytest.MonkeyPatch
):
    tried = [Capability("one", True, "fine"), Capability("two", False, "broken", "mend it")]
    monkeypatch.setattr(first_steps, "CAPABILITIES", ("one", "two"))
    monkeypatch.setattr(
        first_steps, "try_capability", lambda name: tried[("one", "two").index(name)]
    )
    first_steps.run(TINY, record)
    lines = by_name(record)
    assert lines.pop("doctor: two")["error"] == "broken"
    assert {name for name in lines if "/" in name} == {*first_steps.MICRO}
    assert {*first_steps.SWIN_T} < {*lines}
    for task in ("detection", "segmentation", "video"):
        assert {f"{task}, small", f"{task}, Swin-T"} < {*lines}
    assert not [line for line in lines.values() if "error" in line]


def test_a_loss_that_is_not_finite_is_a_failure(record: Record):
    class Broken:
        loss = math.nan

        def __call__(self) -> None: ...

    first_steps._second_step(Broken(), "broken", TINY, record)  # type: ignore[arg-type]
    assert by_name(record)["broken"]["error"] == "the loss of the second step is nan"
